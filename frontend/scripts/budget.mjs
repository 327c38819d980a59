// Fails when the first load, or what a page adds to it, outgrows its budget (gzip, KiB), and when anything in the bundle
// would print to the console.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

const dist = resolve(import.meta.dirname, "../dist");
const BUDGET = { entryScripts: 225, entryStyles: 40, decisionScripts: 40, verifyScripts: 10, verifier: 50 };
const DECISION = "src/features/decisions/decision-page.tsx";
const VERIFY = "src/features/verify/verify-page.tsx";

/** @type {Record<string, {file: string, isEntry?: boolean, imports?: string[], css?: string[], assets?: string[]}>} */
const manifest = JSON.parse(await readFile(resolve(dist, "manifest.json"), "utf8"));

/** Every file that loading `key` brings along, dynamic imports left out.
 * @param {string} key
 * @param {{scripts: Set<string>, styles: Set<string>}} found */
function collect(key, found) {
  const chunk = manifest[key];
  if (chunk === undefined || found.scripts.has(chunk.file)) return found;
  found.scripts.add(chunk.file);
  for (const sheet of chunk.css ?? []) found.styles.add(sheet);
  for (const next of chunk.imports ?? []) collect(next, found);
  return found;
}

/** @param {Iterable<string>} files */
async function kib(files) {
  let total = 0;
  for (const file of files) total += gzipSync(await readFile(resolve(dist, file)), { level: 9 }).length;
  return total / 1024;
}

const entryKey = Object.keys(manifest).find((key) => manifest[key]?.isEntry);
const worker = manifest[VERIFY]?.assets?.find((file) => file.endsWith(".js"));
if (entryKey === undefined || manifest[DECISION] === undefined || worker === undefined) {
  console.error("The build lacks the entry, the decision page or the verifier's worker: run `npm run build`.");
  process.exit(1);
}
const entry = collect(entryKey, { scripts: new Set(), styles: new Set() });
/** The scripts that a page adds to the first load.
 * @param {string} key */
const added = (key) =>
  [...collect(key, { scripts: new Set(), styles: new Set() }).scripts].filter((file) => !entry.scripts.has(file));

const rows = [
  { name: "entry JavaScript", size: await kib(entry.scripts), most: BUDGET.entryScripts },
  { name: "entry CSS", size: await kib(entry.styles), most: BUDGET.entryStyles },
  { name: "decision page JavaScript, added", size: await kib(added(DECISION)), most: BUDGET.decisionScripts },
  { name: "verify page JavaScript, added", size: await kib(added(VERIFY)), most: BUDGET.verifyScripts },
  { name: "verifier, in its worker", size: await kib([worker]), most: BUDGET.verifier },
];
let met = true;
for (const { name, size, most } of rows) {
  met &&= size <= most;
  console.log(`${size <= most ? "ok  " : "OVER"} ${name.padEnd(34)} ${size.toFixed(1).padStart(7)} KiB of ${most}`);
}
for (const file of [worker, ...Object.values(manifest).map((chunk) => chunk.file)]) {
  if (!file.endsWith(".js") || !/\bconsole\.\w+\(/.test(await readFile(resolve(dist, file), "utf8"))) continue;
  met = false;
  console.log(`OVER ${file} prints to the console`);
}
process.exit(met ? 0 : 1);
