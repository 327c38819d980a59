// Writes src/api/generated/schema.d.ts from the platform's OpenAPI document. With --check it only compares.
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import openapiTS, { astToString } from "openapi-typescript";

const root = resolve(import.meta.dirname, "..");
const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const source = resolve(names[0] ?? resolve(root, "../docs/reference/openapi.yaml"));
const target = resolve(root, "src/api/generated/schema.d.ts");

const header = "// Generated from the OpenAPI document by `npm run generate`. Do not edit.\n\n";
const text = header + astToString(await openapiTS(new URL(`file://${source}`)));

if (process.argv.includes("--check")) {
  if (text !== (await readFile(target, "utf8"))) {
    console.error("The generated client is not that of the OpenAPI document: run `npm run generate`.");
    process.exit(1);
  }
} else {
  await writeFile(target, text);
}
