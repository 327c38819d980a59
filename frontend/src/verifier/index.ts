// A second verifier of Countersign's packs and logs, for the browser. It mirrors `countersign_verify` and shares nothing
// with it but the formats; a test holds the two against each other on the same good and damaged input.
export { Refused, Unreadable, Unsupported } from "./errors";
export { MAX_FILES, MAX_NOTE_BYTES, MAX_TRUST_BYTES } from "./log-files";
export type { Check, ReportData } from "./report";
export type { Source } from "./source";
export { type Evidence, verify } from "./verify";
