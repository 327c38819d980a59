// A second verifier of Countersign's packs and logs, for the browser. It mirrors `countersign_verify` and shares nothing
// with it but the formats; a test holds the two against each other on the same good and damaged input.
export { Refused, Unreadable, Unsupported } from "./errors";
export { eventsVerify, eventVerify } from "./log-inclusion";
export { logVerify } from "./log-verify";
export { MAX_FILES } from "./log-files";
export { decisionsVerify, packVerify } from "./pack-verify";
export { type Check, Report, type ReportData, type Status } from "./report";
export { type Source, sourceOf } from "./source";
export { type Trust, trustDescribe, trustRead } from "./trust";
