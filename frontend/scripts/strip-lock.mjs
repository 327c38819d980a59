// Takes what names a host out of package-lock.json: npm needs none of it, and the lock must install from any registry.
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";

const path = resolve(import.meta.dirname, "../package-lock.json");
const lock = JSON.parse(await readFile(path, "utf8"));
for (const entry of Object.values(lock.packages)) {
  for (const key of ["resolved", "funding", "deprecated"]) delete entry[key];
}
await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
