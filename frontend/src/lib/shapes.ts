import type { Answer } from "@/lib/api";

/** Parts of answers that more than one feature draws. All of them come from the generated client. */
type RequestDetail = Answer<"/api/v1/approval-requests/{id}/">;
export type GateReport = RequestDetail["gate_reports"][number];
export type Risk = NonNullable<RequestDetail["risk"]>;
export type RiskFactor = Risk["factors"][number];
