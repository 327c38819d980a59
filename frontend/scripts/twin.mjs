// Lets the browser's verifier judge a list of cases in one process, as the test of both verifiers asks.
// usage: node scripts/twin.mjs < CASES   (one JSON object a line; each answer is a line on stdout, in the same order)
import { closeSync, lstatSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { build } from "vite";

/** @returns {Promise<any>} */
async function verifierLoad() {
  const entry = resolve(import.meta.dirname, "../src/verifier/test-parts.ts");
  const outDir = mkdtempSync(join(tmpdir(), "verifier-"));
  try {
    await build({
      configFile: false,
      logLevel: "error",
      build: { ssr: entry, outDir, target: "node20", minify: false, rolldownOptions: { output: { entryFileNames: "verifier.mjs" } } },
    });
    return await import(join(outDir, "verifier.mjs"));
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

const verifier = await verifierLoad();

/** What the system says of a file, or the reason why it cannot be read.
 * @template T
 * @param {() => T} ask
 * @returns {T} */
function asked(ask) {
  try {
    return ask();
  } catch (error) {
    throw new verifier.Unreadable(String(/** @type {any} */ (error).code));
  }
}

/** A file, opened for each read: there may be more of them than a process may hold open.
 * @param {string} path */
function fileSource(path) {
  return {
    size: asked(() => statSync(path)).size,
    /** @param {number} begin @param {number} end */
    async read(begin, end) {
      const data = new Uint8Array(end - begin);
      const handle = asked(() => openSync(path, "r"));
      try {
        let filled = 0;
        while (filled < data.length) {
          const count = readSync(handle, data, filled, data.length - filled, begin + filled);
          if (count === 0) break;
          filled += count;
        }
        return data.subarray(0, filled);
      } finally {
        closeSync(handle);
      }
    },
  };
}

/** The regular files of a directory; everything but files and directories is refused.
 * @param {string} directory */
function listed(directory) {
  const found = new Map();
  /** @param {string} prefix */
  const walk = (prefix) => {
    for (const name of asked(() => readdirSync(join(directory, prefix)))) {
      const path = `${prefix}${name}`;
      const status = lstatSync(join(directory, path));
      if (status.isDirectory()) walk(`${path}/`);
      else if (status.isFile()) found.set(path, fileSource(join(directory, path)));
      else throw new verifier.Refused("export.link", `${path} is a link or a device, not a file`);
    }
  };
  walk("");
  return found;
}

/** @param {string} text */
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));

/** @param {any} item */
async function judge(item) {
  if (item.kind === "part") {
    return { made: await verifier.partJudge(item.part, bytes(item.data), item.more) };
  }
  return verifier.verify(evidence(item), bytes(item.trust));
}

/** @param {any} item */
function evidence({ kind, path, known, index, decisions }) {
  const files = () => listed(path);
  if (kind === "pack") return { kind, pack: fileSource(path), decisions: decisions.map(fileSource) };
  if (kind === "log") return { kind, files, known: known.map(bytes) };
  if (kind === "event") return { kind, files, index };
  if (kind === "events") return { kind, lines: fileSource(path) };
  throw new Error(`no such kind: ${kind}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const began = performance.now();
  let answer;
  try {
    answer = await judge(JSON.parse(line));
  } catch (error) {
    const reason = /** @type {any} */ (error);
    if (reason instanceof verifier.Refused) answer = { refused: [reason.code, ...reason.reasons] };
    else answer = { crashed: String(reason.stack ?? reason) };
  }
  const { rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ ms: performance.now() - began, rss, ...answer })}\n`);
}
