// Generated from the OpenAPI document by `npm run generate`. Do not edit.

export interface paths {
    "/api/v1/me/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getme_"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postauth_login_"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/one-time-login/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postauth_one-time-login_"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postauth_logout_"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getplans_"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getplans_{id}_"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getapproval-requests_"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getapproval-requests_{id}_"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/{id}/decisions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["postapproval-requests_{id}_decisions_"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getruns_"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getruns_{id}_"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/events/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["getruns_{id}_events_"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/diff/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["runs_diff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Me: {
            id: string;
            email: string;
            display_name: string;
            person_id: string;
            roles: string[];
            installation: {
                origin: string;
                /** @enum {string} */
                mode: "self-attested" | "witnessed";
                demo: boolean;
            };
        };
        ProjectRef: {
            id: string;
            slug: string;
            name: string;
        };
        Criterion: {
            code: string;
            text: string;
            check_kind: string;
            met: boolean | null;
            reason: string;
        };
        PhaseWorkItem: {
            id: string;
            key: string;
            title: string;
            /** @enum {string} */
            state: "proposed" | "ready" | "running" | "merged" | "rejected" | "backlog";
            persona: string;
            adapter: string;
            reason: string;
            finding_count: number;
            run_id: string | null;
            approval_request_id: string | null;
        };
        Deliverable: {
            code: string;
            title: string;
            /** @enum {string} */
            state: "planned" | "in_progress" | "done";
            criteria: components["schemas"]["Criterion"][];
            work_items: components["schemas"]["PhaseWorkItem"][];
        };
        PhaseGate: {
            code: string;
            text: string;
            met: boolean | null;
        };
        PhaseSummary: {
            id: string;
            code: string;
            title: string;
            order: number;
            /** @enum {string} */
            state: "blocked" | "active" | "awaiting_signoff" | "complete";
            complete: boolean;
            missing: string[];
            depends_on: string[];
            deliverables_total: number;
            deliverables_done: number;
            /** @enum {string} */
            waiting_on: "agent" | "person" | "phase" | "nobody";
            waiting_request_ids: string[];
        };
        Phase: {
            id: string;
            code: string;
            title: string;
            order: number;
            /** @enum {string} */
            state: "blocked" | "active" | "awaiting_signoff" | "complete";
            complete: boolean;
            missing: string[];
            depends_on: string[];
            deliverables_total: number;
            deliverables_done: number;
            /** @enum {string} */
            waiting_on: "agent" | "person" | "phase" | "nobody";
            waiting_request_ids: string[];
            gates: components["schemas"]["PhaseGate"][];
            signoff_request_id: string | null;
            deliverables: components["schemas"]["Deliverable"][];
            backlog_count: number;
        };
        Plan: {
            id: string;
            code: string;
            title: string;
            version: string;
            project: components["schemas"]["ProjectRef"];
            source_digest: string;
            created_at: string;
            phases_total: number;
            phases_complete: number;
        };
        PlanDetail: {
            id: string;
            code: string;
            title: string;
            version: string;
            project: components["schemas"]["ProjectRef"];
            source_digest: string;
            created_at: string;
            phases_total: number;
            phases_complete: number;
            phases: components["schemas"]["Phase"][];
        };
        Quorum: {
            role: string;
            required: number;
            given: number;
        };
        Subject: {
            /** @enum {string} */
            kind: "change" | "phase";
            id: string;
            title: string;
            digest: string;
        };
        ApprovalRequest: {
            id: string;
            /** @enum {string} */
            state: "pending" | "approved" | "rejected" | "changes_requested" | "expired" | "void";
            subject: components["schemas"]["Subject"];
            title: string;
            project: components["schemas"]["ProjectRef"];
            phase_code: string | null;
            risk_score: number | null;
            /** @enum {string} */
            tier: "director" | "cab";
            quorum: components["schemas"]["Quorum"][];
            gates: {
                passed: number;
                total: number;
            };
            files_changed: number;
            added_lines: number;
            deleted_lines: number;
            created_at: string;
            expires_at: string;
            decided_at: string | null;
            allowed_actions: string[];
            mine: boolean;
        };
        RiskInput: {
            name: string;
            value: number | null;
            effect: number;
            source: string;
            known: boolean;
        };
        RiskFactor: {
            name: string;
            weight: number;
            value: number | null;
            contribution_milli: number | null;
            inputs: components["schemas"]["RiskInput"][];
        };
        Risk: {
            score: number;
            threshold: number;
            unknown: string[];
            factors: components["schemas"]["RiskFactor"][];
        };
        GateReport: {
            name: string;
            /** @enum {string} */
            status: "pass" | "fail" | "unknown";
            reason: string;
            summary: string;
            tool: string;
            tool_version: string;
            claimed_by_code_under_test: boolean;
            duration_ms: number;
            report_digest: string;
        };
        Vote: {
            id: string;
            /** @enum {string} */
            verdict: "approve" | "reject" | "request_changes";
            by_label: string;
            role: string;
            decided_at: string;
            reason: string;
            unattended: boolean;
        };
        Checkpoint: {
            origin: string;
            size: number;
            root: string;
            note: string;
        };
        PackRef: {
            digest: string;
            size: number;
        };
        BlockedReason: {
            code: string;
            text: string;
        };
        Policy: {
            tier: string;
            decision_text: string;
            blocked: boolean;
            reasons: {
                rule: string;
                text: string;
            }[];
        };
        Change: {
            branch: string;
            base_commit: string;
            result_tree: string;
            manifest_digest: string;
            ruleset_digest: string;
            commit: string | null;
            agent_says: string;
            files: {
                path: string;
                /** @enum {string} */
                change: "added" | "modified" | "deleted";
                added: number;
                deleted: number;
                binary: boolean;
            }[];
        };
        DiffRef: {
            url: string;
            digest: string;
            size: number;
        };
        Rollback: {
            steps: string[];
            command: string | null;
            text: string;
        };
        PromptRef: {
            id: string;
            digest: string;
            text: string;
            persona: string;
            template: string;
            template_version: string;
            adapter: string;
            model: string | null;
        };
        Transcript: {
            digest: string;
            text: string;
            truncated: boolean;
        };
        WorkItemRef: {
            id: string;
            key: string;
            title: string;
            finding_count: number;
            rules: string[];
        };
        PhaseProof: {
            complete: boolean;
            missing: string[];
            items: {
                code: string;
                text: string;
                met: boolean | null;
            }[];
        };
        Execution: {
            /** @enum {string} */
            state: "waiting" | "merging" | "merged" | "void" | "failed";
            merge_commit: string | null;
            state_commit: string | null;
            tag: string | null;
            addendum: boolean;
            reason: string | null;
        };
        Receipt: {
            decision_id: string;
            statement_digest: string;
            checkpoint: components["schemas"]["Checkpoint"] | null;
            verify_command: string;
            pack_url: string;
        };
        ApprovalRequestDetail: {
            id: string;
            /** @enum {string} */
            state: "pending" | "approved" | "rejected" | "changes_requested" | "expired" | "void";
            subject: components["schemas"]["Subject"];
            title: string;
            project: components["schemas"]["ProjectRef"];
            phase_code: string | null;
            risk_score: number | null;
            /** @enum {string} */
            tier: "director" | "cab";
            quorum: components["schemas"]["Quorum"][];
            gates: {
                passed: number;
                total: number;
            };
            files_changed: number;
            added_lines: number;
            deleted_lines: number;
            created_at: string;
            expires_at: string;
            decided_at: string | null;
            allowed_actions: string[];
            mine: boolean;
            digest: string;
            pack: components["schemas"]["PackRef"] | null;
            run_id: string | null;
            attempt: number | null;
            blocked_reason: components["schemas"]["BlockedReason"] | null;
            policy: components["schemas"]["Policy"];
            votes: components["schemas"]["Vote"][];
            excluded: {
                label: string;
                why: string;
            }[];
            risk: components["schemas"]["Risk"] | null;
            gate_reports: components["schemas"]["GateReport"][];
            change: components["schemas"]["Change"] | null;
            diff: components["schemas"]["DiffRef"] | null;
            rollback: components["schemas"]["Rollback"];
            prompt: components["schemas"]["PromptRef"] | null;
            transcript: components["schemas"]["Transcript"] | null;
            work_item: components["schemas"]["WorkItemRef"] | null;
            findings: {
                tool: string;
                rule: string;
                path: string;
                line: number;
                message: string;
                severity: string;
            }[];
            violations: {
                rule: string;
                text: string;
                response: string;
            }[];
            isolation: string;
            phase_proof: components["schemas"]["PhaseProof"] | null;
            execution: components["schemas"]["Execution"] | null;
            receipt: components["schemas"]["Receipt"] | null;
            superseded_by: string | null;
        };
        DecisionInput: {
            /** @enum {string} */
            verdict: "approve" | "reject" | "request_changes";
            reason: string;
            digest: string;
        };
        Run: {
            id: string;
            title: string;
            work_item_id: string;
            work_item_key: string;
            project: components["schemas"]["ProjectRef"];
            state: string;
            attempt: number;
            persona: string;
            adapter: string;
            risk_score: number | null;
            pack_digest: string | null;
            approval_request_id: string | null;
            created_at: string;
            updated_at: string;
            merge_commit: string | null;
            tag: string | null;
            incident_reason: string | null;
            gates: {
                passed: number;
                total: number;
            };
        };
        RunDetail: {
            id: string;
            title: string;
            work_item_id: string;
            work_item_key: string;
            project: components["schemas"]["ProjectRef"];
            state: string;
            attempt: number;
            persona: string;
            adapter: string;
            risk_score: number | null;
            pack_digest: string | null;
            approval_request_id: string | null;
            created_at: string;
            updated_at: string;
            merge_commit: string | null;
            tag: string | null;
            incident_reason: string | null;
            gates: {
                passed: number;
                total: number;
            };
            branch: string;
            base_commit: string;
            result_tree: string | null;
            isolation: string;
            prompt_id: string | null;
            step: string;
            steps: {
                name: string;
                /** @enum {string} */
                state: "pending" | "running" | "done" | "failed";
                summary: string;
                started_at: string | null;
                finished_at: string | null;
            }[];
            gate_reports: components["schemas"]["GateReport"][];
            risk: components["schemas"]["Risk"] | null;
            attempts: {
                number: number;
                seed: number;
                outcome: string;
                reason: string;
                started_at: string;
                finished_at: string | null;
            }[];
            cost: {
                tokens_in: number;
                tokens_out: number;
                cost_micros: number;
                model: string | null;
            };
            allowed_actions: string[];
        };
        RunEvent: {
            id: number;
            time: string;
            type: string;
            summary: string;
            actor_label: string;
        };
        LoginInput: {
            email: string;
            password: string;
        };
        OneTimeInput: {
            token: string;
        };
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            code: string;
            error: string;
            correlation_id: string;
        };
        PaginatedPlan: {
            next: string | null;
            previous: string | null;
            results: components["schemas"]["Plan"][];
        };
        PaginatedApprovalRequest: {
            next: string | null;
            previous: string | null;
            results: components["schemas"]["ApprovalRequest"][];
        };
        PaginatedRun: {
            next: string | null;
            previous: string | null;
            results: components["schemas"]["Run"][];
        };
        PaginatedRunEvent: {
            next: string | null;
            previous: string | null;
            results: components["schemas"]["RunEvent"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getme_: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    postauth_login_: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    "postauth_one-time-login_": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OneTimeInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    postauth_logout_: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getplans_: {
        parameters: {
            query?: {
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedPlan"];
                };
            };
        };
    };
    "getplans_{id}_": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDetail"];
                };
            };
        };
    };
    "getapproval-requests_": {
        parameters: {
            query?: {
                state?: string;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedApprovalRequest"];
                };
            };
        };
    };
    "getapproval-requests_{id}_": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalRequestDetail"];
                };
            };
        };
    };
    "postapproval-requests_{id}_decisions_": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DecisionInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalRequestDetail"];
                };
            };
        };
    };
    getruns_: {
        parameters: {
            query?: {
                state?: string;
                project?: string;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedRun"];
                };
            };
        };
    };
    "getruns_{id}_": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
        };
    };
    "getruns_{id}_events_": {
        parameters: {
            query?: {
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaginatedRunEvent"];
                };
            };
        };
    };
    runs_diff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/x-diff": string;
                };
            };
        };
    };
}
