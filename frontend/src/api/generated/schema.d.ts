// Generated from the OpenAPI document by `npm run generate`. Do not edit.

export interface paths {
    "/api/v1/absences/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who is away, and who stands in
         * @description Answer all of them, the latest first.
         */
        get: operations["absences_list"];
        put?: never;
        /**
         * Say when somebody is away, and who stands in
         * @description Keep it, and answer it.
         */
        post: operations["absences_declare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/absences/{id}/delegate/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Name another delegate, or none; a delegate may lay it down
         * @description Change it.
         */
        post: operations["absences_delegate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/absences/{id}/end/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End an absence now, or call it off
         * @description End it.
         */
        post: operations["absences_end"];
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
        /**
         * List decision requests, the most urgent first
         * @description Answer a page of requests, ranked by expiry and risk.
         */
        get: operations["approval_requests_list"];
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
        /**
         * Read a decision request
         * @description Answer everything that the decision stands on.
         */
        get: operations["approval_requests_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/{id}/absences/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who is away of those whom a request asks, and who stands in
         * @description Answer them; nobody for a request that does not wait any more.
         */
        get: operations["approval_requests_absences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/{id}/ask-again/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask again for what expired undecided: a new pack and a new request
         * @description Put the new request in line; two who ask at once are given the same task.
         */
        post: operations["approval_requests_ask_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/{id}/comments/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the comments on a request and on its earlier versions
         * @description Answer a page of comments, oldest first.
         */
        get: operations["approval_requests_comments_list"];
        put?: never;
        /**
         * Comment on a request
         * @description Keep a comment and answer it.
         */
        post: operations["approval_requests_comment"];
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
        /**
         * Approve, reject or request changes
         * @description Sign a decision and answer the request as it stands after it.
         */
        post: operations["approval_requests_decide"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/{id}/decisions/prepare/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prepare a decision for the signature of one's own passkey
         * @description Answer the statement and its challenge.
         */
        post: operations["approval_requests_prepare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/{id}/difference/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Hold a request against the void one that it took the place of
         * @description Answer what is another now.
         */
        get: operations["approval_requests_difference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approval-requests/{id}/sign-again/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve again what is the same to the byte, with the reason that was given before
         * @description Sign, and answer the request as it stands after it.
         */
        post: operations["approval_requests_sign_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/checkpoint/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the newest signed checkpoint
         * @description Answer the newest signed checkpoint.
         */
        get: operations["audit_checkpoint_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/events/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search the audit log
         * @description Answer a page of events, newest first.
         *
         *     A search that takes long is answered in parts: a page may hold fewer events than asked for, even none,
         *     while `next` says where to go on.
         */
        get: operations["audit_events_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/events/export/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Take found events away with their proofs
         * @description Answer JSON Lines, newest first: a signed checkpoint, then each event with its inclusion proof.
         *
         *     `countersign-verify events` checks each line. Events that no mirrored checkpoint covers yet are left
         *     out.
         */
        get: operations["audit_events_export"];
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
        /**
         * Log in with a password
         * @description Start a session.
         */
        post: operations["auth_login"];
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
        /**
         * Log out
         * @description End the session; a token stays what it is.
         */
        post: operations["auth_logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/methods/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the ways to log in
         * @description Answer the ways in, as this installation is configured and for the address it was asked at.
         */
        get: operations["auth_methods"];
        put?: never;
        post?: never;
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
        /**
         * Log in with a one-time token
         * @description Use the token up and start a session.
         */
        post: operations["auth_one_time_login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/break-glass/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List break-glass windows
         * @description Answer all of them.
         */
        get: operations["break_glass_list"];
        put?: never;
        /**
         * Ask for break-glass in a project; another person has to countersign
         * @description Keep the request and answer it.
         */
        post: operations["break_glass_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/break-glass/{id}/close/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End break-glass before its time
         * @description Close it.
         */
        post: operations["break_glass_close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/break-glass/{id}/confirm/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Countersign and so open break-glass
         * @description Open it.
         */
        post: operations["break_glass_confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/break-glass/{id}/review/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Review a break-glass window that is over
         * @description Keep the review.
         */
        post: operations["break_glass_review"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deciding-credentials/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List passkeys that decide: one's own, or everybody's for who confirms them
         * @description Answer them, newest first.
         */
        get: operations["deciding_credentials_list"];
        put?: never;
        /**
         * Propose a passkey of one's own, for another person to confirm
         * @description Keep the passkey and answer it.
         */
        post: operations["deciding_credentials_propose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deciding-credentials/{id}/confirm/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm another person's passkey
         * @description Let it decide.
         */
        post: operations["deciding_credentials_confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deciding-credentials/{id}/revoke/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a passkey that decides
         * @description End it.
         */
        post: operations["deciding_credentials_revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deciding-credentials/options/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to enrol a passkey that decides
         * @description Answer what the browser needs.
         */
        post: operations["deciding_credentials_begin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the exceptions in force and those that were
         * @description Answer all of them, the newest first.
         */
        get: operations["exceptions_list"];
        put?: never;
        /**
         * Grant an exception; whoever does so does not count in the quorum of what it lets pass
         * @description Grant it, and answer it.
         */
        post: operations["exceptions_grant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/{id}/revoke/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End an exception early; what rests on it and is not merged gets a new pack
         * @description End it.
         */
        post: operations["exceptions_revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start an export
         * @description Start an export; the task's result names the directory.
         */
        post: operations["exports_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/findings/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the findings of a session
         * @description Answer a page of findings.
         */
        get: operations["findings_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the platform well?
         * @description Answer 200 when all parts work, 503 when one does not.
         */
        get: operations["health_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I, and what may I do?
         * @description Answer user, roles and permissions.
         */
        get: operations["me_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packs/{digest}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a pack's manifest
         * @description Answer the manifest.
         */
        get: operations["packs_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packs/{digest}/download/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a pack
         * @description Answer the tar file, as it was sealed.
         */
        get: operations["packs_download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packs/{digest}/shred/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Destroy the key of a pack: nobody can read it any more
         * @description Destroy the key; everything else still verifies.
         */
        post: operations["packs_shred"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/personas/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List personas
         * @description Answer a page of personas.
         */
        get: operations["personas_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/persons/{id}/erasure/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See what erasing a person would do
         * @description Answer what would be taken away, and what would stay.
         */
        get: operations["persons_erasure_preview"];
        put?: never;
        /**
         * Erase a person, for good
         * @description End all access, forget who it was, and destroy the key of the person's name in the log.
         *
         *     The answer says where the name still stands.
         */
        post: operations["persons_erase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/phases/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List phases
         * @description Answer a page of phases, in the order of their plan.
         */
        get: operations["phases_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/phases/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a phase
         * @description Answer the phase with its deliverables.
         */
        get: operations["phases_get"];
        put?: never;
        post?: never;
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
        /**
         * List plans
         * @description Answer a page of plans, newest first.
         */
        get: operations["plans_list"];
        put?: never;
        /**
         * Import a plan
         * @description Import the plan and answer it with its phases.
         */
        post: operations["plans_import"];
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
        /**
         * Read a plan
         * @description Answer the plan with its phases.
         */
        get: operations["plans_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}/inputs/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what a plan asks for
         * @description Answer a page of inputs: first what work waits for.
         */
        get: operations["plan_inputs_list"];
        put?: never;
        /**
         * Answer what a plan asks for
         * @description Keep the answer; an earlier one stays, and counts no more.
         */
        post: operations["plan_inputs_answer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/preview/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview the import of a plan
         * @description Answer what would change; nothing is saved, and a text that is not understood is no error here.
         */
        post: operations["plans_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List projects
         * @description Answer a page of projects.
         */
        get: operations["projects_list"];
        put?: never;
        /**
         * Register a project
         * @description Take the project in; the task imports it, builds its environment and runs its tests.
         */
        post: operations["projects_register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{slug}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a project
         * @description Answer the project.
         */
        get: operations["projects_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{slug}/queue/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the merge queue of a project
         * @description Answer what waits, in order.
         */
        get: operations["projects_queue_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{slug}/queue/reservation/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep the next merge slot for a change that the CAB decides on, for a bounded time
         * @description Keep it, and answer the line as it is then.
         */
        post: operations["projects_queue_reserve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{slug}/queue/reservation/release/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give the kept merge slot back before its time
         * @description Free it, and answer the line as it is then.
         */
        post: operations["projects_queue_release"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{slug}/settings/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change settings of a project
         * @description Change what is named, and answer the project.
         */
        post: operations["projects_configure"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prompts/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a prompt
         * @description Answer the prompt.
         */
        get: operations["prompts_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quorum-policies/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read who decides, and its history
         * @description Answer the platform's policy and every project's.
         */
        get: operations["quorum_policies_list"];
        put?: never;
        /**
         * Say who decides; asking for less waits for a second person
         * @description Set or propose it, and answer what became of it.
         */
        post: operations["quorum_policies_propose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quorum-policies/{id}/confirm/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm a policy that asks for less, as somebody who decides
         * @description Let it hold.
         */
        post: operations["quorum_policies_confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quorum-policies/{id}/withdraw/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Withdraw or refuse a policy that was proposed
         * @description End it.
         */
        post: operations["quorum_policies_withdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/retention/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See what a cleaning would remove
         * @description Answer what is older than the period, and what is old and stays. It changes nothing.
         */
        get: operations["retention_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/retention/clean/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove what was shown, for good
         * @description Remove it and answer what was removed; 409 when something else would go than what was shown.
         */
        post: operations["retention_clean"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the rules in force
         * @description Answer a page of rules, by code.
         */
        get: operations["rules_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/{code}/mode/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a rule stop changes, advise, or only be counted
         * @description Make its next version, and answer it.
         */
        post: operations["rules_mode"];
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
        /**
         * List runs
         * @description Answer a page of runs, newest first.
         */
        get: operations["runs_list"];
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
        /**
         * Read a run
         * @description Answer the run with its steps.
         */
        get: operations["runs_get"];
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
        /**
         * Read the diff of a run
         * @description Answer the unified diff.
         */
        get: operations["runs_diff"];
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
        /**
         * List a run's events
         * @description Answer a page of the run's events, newest first.
         */
        get: operations["runs_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List analysis sessions
         * @description Answer a page of sessions, newest first.
         */
        get: operations["sessions_list"];
        put?: never;
        /**
         * Start an analysis session
         * @description Start an analysis of the project's head.
         */
        post: operations["sessions_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an analysis session
         * @description Answer the session with its tools.
         */
        get: operations["sessions_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{id}/status/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the state of a task
         * @description Answer the task.
         */
        get: operations["tasks_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/work-items/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List work items
         * @description Answer a page of work items.
         */
        get: operations["work_items_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/work-items/{id}/runs/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a run
         * @description Start a run of the work item.
         */
        post: operations["work_items_run"];
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
        /** @description A time in which somebody is away; it takes no right from them and gives none to the delegate. */
        Absence: {
            id: string;
            person_id: string;
            person: string;
            delegate_id: string | null;
            /** @description who was named to stand in */
            delegate: string | null;
            /** @description in which the delegate is asked */
            roles: string[];
            /** @description why nobody stands in at any time of it, with the mend; empty where somebody does */
            nobody: string;
            /** @description parts of what is left of it in which nobody stands in */
            gaps: components["schemas"]["Gap"][];
            /** Format: date-time */
            starts_at: string;
            /** Format: date-time */
            ends_at: string;
            /**
             * Format: date-time
             * @description when it was ended early or called off
             */
            ended_at: string | null;
            state: components["schemas"]["AbsenceState"];
            declared_by: string;
            mine: boolean;
            /** @description this viewer was named to stand in */
            stands_in: boolean;
            may_change: boolean;
        };
        /** @description An absence; an administrator names the person, everybody else is away themselves. */
        AbsenceInput: {
            /**
             * @description address or id of the person
             * @default
             */
            person: string;
            /**
             * Format: date-time
             * @description left out: now; never in the past
             */
            starts_at?: string | null;
            /** Format: date-time */
            ends_at: string;
            /**
             * @description address or id of the person who stands in; left out: nobody
             * @default
             */
            delegate: string;
        };
        /** @enum {string} */
        AbsenceState: "coming" | "now" | "over";
        /** @description Who is away now, will be, or was in the last 30 days. */
        Absences: {
            results: components["schemas"]["Absence"][];
            /** @description who could stand in for this viewer */
            stand_ins: components["schemas"]["StandIn"][];
            may_declare_for_others: boolean;
        };
        /** @description The task that carries the request out. */
        Accepted: {
            /** Format: uuid */
            task_id: string;
            status_url: string;
        };
        /** @enum {string} */
        Action: "project.write" | "plan.write" | "input.answer" | "session.write" | "run.write" | "decision.write" | "comment.write" | "slot.keep" | "governance.write" | "exception.write" | "quorum.propose" | "quorum.confirm" | "quorum.withdraw" | "export.write" | "account.write" | "absence.write" | "credential.confirm" | "credential.revoke" | "evidence.shred" | "person.erase" | "break_glass.open" | "break_glass.review" | "retention.read" | "retention.clean" | "audit.read" | "read";
        /** @description A passkey that may sign. */
        AllowedCredential: {
            id: string;
            transports: string[];
        };
        /** @description A request in the inbox; ``allowed_actions`` is what this viewer may do with it now. */
        ApprovalRequest: {
            id: string;
            state: components["schemas"]["ApprovalRequestState"];
            subject: components["schemas"]["Subject"];
            title: string;
            project: components["schemas"]["ProjectRef"];
            phase_code: string | null;
            risk_score: number | null;
            tier: components["schemas"]["Tier"];
            quorum: components["schemas"]["Quorum"][];
            gates: components["schemas"]["GateCount"];
            files_changed: number;
            added_lines: number;
            deleted_lines: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            decided_at: string | null;
            allowed_actions: components["schemas"]["RequestAction"][];
            mine: boolean;
            /** @description how much of its working time is over */
            reminded: components["schemas"]["Reminded"];
            /** @description a reminder was for this viewer */
            reminded_me: boolean;
            /** @description people who are away, for whom this viewer is asked */
            instead_of: string[];
            /** @description owners, or who stands in, who were told that nobody decided */
            escalated_to: string[];
            escalated_to_me: boolean;
        };
        /** @description Everything that a decision stands on. */
        ApprovalRequestDetail: {
            id: string;
            state: components["schemas"]["ApprovalRequestState"];
            subject: components["schemas"]["Subject"];
            title: string;
            project: components["schemas"]["ProjectRef"];
            phase_code: string | null;
            risk_score: number | null;
            tier: components["schemas"]["Tier"];
            quorum: components["schemas"]["Quorum"][];
            gates: components["schemas"]["GateCount"];
            files_changed: number;
            added_lines: number;
            deleted_lines: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            decided_at: string | null;
            allowed_actions: components["schemas"]["RequestAction"][];
            mine: boolean;
            /** @description how much of its working time is over */
            reminded: components["schemas"]["Reminded"];
            /** @description a reminder was for this viewer */
            reminded_me: boolean;
            /** @description people who are away, for whom this viewer is asked */
            instead_of: string[];
            /** @description owners, or who stands in, who were told that nobody decided */
            escalated_to: string[];
            escalated_to_me: boolean;
            /** @description what the decision is bound to; send it back with the decision */
            digest: string;
            pack: components["schemas"]["PackRef"] | null;
            run_id: string | null;
            attempt: number | null;
            blocked_reason: components["schemas"]["BlockedReason"] | null;
            policy: components["schemas"]["Policy"];
            votes: components["schemas"]["Vote"][];
            /** @description what people had asked for on earlier attempts */
            asked: components["schemas"]["Asked"][];
            /** @description who can't decide, and why */
            excluded: components["schemas"]["Excluded"][];
            /** @description who still can, while it waits */
            deciders: components["schemas"]["Deciders"][];
            risk: components["schemas"]["Risk"] | null;
            gate_reports: components["schemas"]["GateReport"][];
            change: components["schemas"]["Change"] | null;
            diff: components["schemas"]["DiffRef"] | null;
            rollback: components["schemas"]["Rollback"];
            prompt: components["schemas"]["PromptRef"] | null;
            transcript: components["schemas"]["Transcript"] | null;
            work_item: components["schemas"]["WorkItemRef"] | null;
            findings: components["schemas"]["FindingBrief"][];
            violations: components["schemas"]["Violation"][];
            /** @description how the run was confined; empty when nothing ran */
            isolation: string;
            phase_proof: components["schemas"]["PhaseProof"] | null;
            execution: components["schemas"]["Execution"] | null;
            receipt: components["schemas"]["Receipt"] | null;
            /** @description the request that this one took the place of */
            supersedes: string | null;
            superseded_by: string | null;
        };
        /** @description A page of ApprovalRequest. */
        ApprovalRequestPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["ApprovalRequest"][];
        };
        /** @enum {string} */
        ApprovalRequestState: "pending" | "approved" | "rejected" | "changes_requested" | "expired" | "void";
        /** @description A request for changes that this attempt was given. */
        Asked: {
            decision_id: string;
            request_id: string;
            by_label: string;
            reason: string;
            items: components["schemas"]["AskedItem"][];
            /** Format: date-time */
            decided_at: string;
        };
        /** @description One thing that was asked for; text is data, never markup. */
        AskedItem: {
            path: string;
            line: number | null;
            text: string;
        };
        /** @description One thing that is asked for, on a file and a line where it is about one. */
        AskedItemInput: {
            text: string;
            /** @default  */
            path: string;
            line?: number | null;
        };
        /** @description What the passkey answered, each part in base64url without padding. */
        AssertionPart: {
            prepared_id: string;
            credential_id: string;
            authenticator_data: string;
            client_data: string;
            signature: string;
        };
        /** @description One attempt of a run. */
        Attempt: {
            number: number;
            seed: number;
            outcome: string;
            reason: string;
            /** Format: date-time */
            started_at: string;
            /** Format: date-time */
            finished_at: string | null;
        };
        /** @enum {string} */
        AuditActorKind: "person" | "service" | "agent";
        /** @description An event of the log; ``leaf_index`` is ``null`` until it is sequenced. */
        AuditEvent: {
            id: string;
            leaf_index: number | null;
            /** Format: date-time */
            time: string;
            type: string;
            actor_kind: components["schemas"]["AuditActorKind"];
            actor_id: string;
            actor_label: string | null;
            subject_type: string;
            subject_id: string;
            correlation_id: string;
            data: {
                [key: string]: unknown;
            };
        };
        /** @description A page of AuditEvent. */
        AuditEventPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["AuditEvent"][];
        };
        /** @enum {string} */
        Authority: "request" | "requirements" | "authoritative" | "supreme";
        /** @enum {string} */
        BaseMove: "carry_over" | "strict";
        /** @description How the project's own tests ended before anything was changed. */
        Baseline: {
            status: components["schemas"]["BaselineStatus"];
            reason: string;
            passed: number;
            failed: number;
            duration_ms: number;
            commit: string;
        };
        /** @enum {string} */
        BaselineStatus: "passed" | "failed" | "unknown";
        /** @description Why this viewer can't decide. */
        BlockedReason: {
            code: string;
            text: string;
        };
        /** @description One window. */
        BreakGlass: {
            id: string;
            /** @description slug of the project */
            project: string;
            project_id: string;
            state: components["schemas"]["BreakGlassState"];
            reason: string;
            minutes: number;
            /** @description `quorum`: one of the two approves without the quorum */
            permits: string[];
            /** @description name of the person who asked */
            requested_by: string;
            /** Format: date-time */
            requested_at: string;
            /** @description name of the person who countersigned */
            opened_by: string | null;
            /** Format: date-time */
            opened_at: string | null;
            /** Format: date-time */
            expires_at: string | null;
            /** Format: date-time */
            closed_at: string | null;
            /** Format: date-time */
            review_due_at: string | null;
            reviewed_by: string | null;
            /** Format: date-time */
            reviewed_at: string | null;
            review: string;
            /** @description you are one of the two */
            mine: boolean;
            may_confirm: boolean;
            may_close: boolean;
            may_review: boolean;
        };
        /** @description What is asked for. */
        BreakGlassInput: {
            project: string;
            reason: string;
            /**
             * @description 1 to 60, from the countersignature
             * @default 60
             */
            minutes: number;
        };
        /** @description All windows, the newest first. */
        BreakGlassList: {
            may_open: boolean;
            results: components["schemas"]["BreakGlass"][];
        };
        /** @enum {string} */
        BreakGlassState: "requested" | "lapsed" | "open" | "review_due" | "review_overdue" | "reviewed";
        /** @description When people work: a deadline counts these hours alone. */
        Calendar: {
            /** @description whose public holidays are left out; none where empty */
            country: string;
            /** @description region of the country */
            subdivision: string;
            /** @description IANA name of the zone in which start and end are meant */
            timezone: string;
            /** @description 0 is Monday */
            days: number[];
            /** @description HH:MM */
            start: string;
            /** @description HH:MM */
            end: string;
        };
        /** @description A calendar; what is left out has its default. What exists is the service's to say. */
        CalendarInput: {
            country?: string;
            subdivision?: string;
            timezone?: string;
            days?: number[];
            start?: string;
            end?: string;
        };
        /** @description The change that the decision is bound to; ``agent_says`` are the agent's words, not facts. */
        Change: {
            branch: string;
            base_commit: string;
            result_tree: string;
            manifest_digest: string;
            ruleset_digest: string;
            commit: string | null;
            agent_says: string;
            files: components["schemas"]["ChangedFile"][];
        };
        /** @description A changed file. */
        ChangedFile: {
            path: string;
            change: components["schemas"]["FileChange"];
            added: number;
            deleted: number;
            binary: boolean;
        };
        /** @description A signed head of the log. */
        Checkpoint: {
            origin: string;
            size: number;
            root: string;
            note: string;
        };
        /** @description What was seen, and why it goes. */
        CleaningInput: {
            /** @description of the plan that was shown */
            digest: string;
            reason: string;
        };
        /** @description What somebody said about a request; text is data, never markup. */
        Comment: {
            id: string;
            request_id: string;
            /** @description the version of the change that it was made on, from 1 */
            revision: number;
            /** @description made on an earlier version than the one asked about */
            earlier: boolean;
            by_label: string;
            text: string;
            path: string;
            line: number | null;
            unattended: boolean;
            /** Format: date-time */
            created_at: string;
        };
        /** @description A remark, on a file and a line of the change where it is about one. */
        CommentInput: {
            text: string;
            /** @default  */
            path: string;
            line?: number | null;
        };
        /** @description A page of Comment. */
        CommentPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Comment"][];
        };
        /** @description The fingerprint that was compared. */
        ConfirmationInput: {
            fingerprint: string;
        };
        /** @description What a run cost, in millionths; a deterministic tool has no model. */
        Cost: {
            tokens_in: number;
            tokens_out: number;
            cost_micros: number;
            model: string | null;
        };
        /** @enum {string} */
        CredentialState: "proposed" | "active" | "revoked";
        /** @description An acceptance criterion; ``null`` is unknown, which is not a pass. */
        Criterion: {
            code: string;
            text: string;
            check_kind: string;
            met: boolean | null;
            reason: string;
        };
        /** @description Who could give the approvals that a role still lacks; whoever holds one key counts as one. */
        Deciders: {
            role: string;
            needed: number;
            /** @description names */
            people: string[];
        };
        /** @description A passkey that signs decisions and never logs in. */
        DecidingCredential: {
            id: string;
            label: string;
            person_id: string;
            person_name: string;
            mine: boolean;
            rp_id: string;
            /** @description digest of its id, by which the log names it */
            credential: string;
            /** @description digest of its public key, which both people compare */
            fingerprint: string;
            state: components["schemas"]["CredentialState"];
            /** @description confirmed, and a signed checkpoint covers that */
            usable: boolean;
            may_confirm: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            confirmed_at: string | null;
            /** Format: date-time */
            revoked_at: string | null;
        };
        /** @description One's own passkeys, and those of others for who confirms them; where the browser has to be for one. */
        DecidingCredentials: {
            /** @description null: no host name that passkeys belong to */
            origin: string | null;
            results: components["schemas"]["DecidingCredential"][];
        };
        /** @enum {string} */
        DecidingRole: "cab_member" | "director" | "security_reviewer";
        /** @description One way to decide a strategic question. */
        DecisionOption: {
            name: string;
            text: string;
        };
        /** @description Another delegate; an empty one takes the delegation back. */
        DelegateInput: {
            /** @description address or id of the person */
            delegate: string;
        };
        /** @description A deliverable with what proves it and what works on it. */
        Deliverable: {
            code: string;
            title: string;
            state: components["schemas"]["DeliverableState"];
            criteria: components["schemas"]["Criterion"][];
            work_items: components["schemas"]["WorkItem"][];
            owner: string;
            condition: string;
            files: components["schemas"]["PlanFile"][];
            technical_notes: string;
            /** @description whether analysis sessions make work items for it */
            from_findings: boolean;
        };
        /** @enum {string} */
        DeliverableState: "planned" | "in_progress" | "done";
        /** @description Where the diff is. */
        DiffRef: {
            url: string;
            digest: string;
            size: number;
        };
        /** @description A request beside an earlier version of it. */
        Difference: {
            request_id: string;
            /** @description what is signed; send it back with the decision */
            digest: string;
            /** @description the last version that the viewer approved, or the one before this one */
            earlier_id: string;
            /** @description why that one is void; empty where it ended otherwise */
            why: string;
            /** @description the patch is the same to the byte */
            patch_same: boolean;
            facts: components["schemas"]["DifferenceFact"][];
            /** @description where the patch is another */
            files: components["schemas"]["DifferenceFile"][];
            /** @description the viewer's approval of the earlier version */
            own: components["schemas"]["OwnDecision"] | null;
            /** @description why signing again is no single step for the viewer; null where it is */
            hindrance: string | null;
        };
        /** @enum {string} */
        DifferenceCode: "base" | "rules" | "score" | "tier" | "quorum" | "gate";
        /** @description One thing that is another now. */
        DifferenceFact: {
            code: components["schemas"]["DifferenceCode"];
            name: string;
            before: string;
            after: string;
        };
        /** @description A file of which the patch says something else now. */
        DifferenceFile: {
            path: string;
            change: components["schemas"]["PatchChange"];
        };
        /** @description The answer of the authenticator, as ``PublicKeyCredential.toJSON`` gives it. */
        EnrolmentInput: {
            token: string;
            /** @default  */
            label: string;
            credential: {
                [key: string]: unknown;
            };
        };
        /** @description What ``navigator.credentials.create`` takes, and the token that comes back with its answer. */
        EnrolmentOptions: {
            token: string;
            options: {
                [key: string]: unknown;
            };
        };
        /** @description Where the name still stands; it says no name, for answers are kept for a repeat. */
        Erased: {
            person_id: string;
            mentions: components["schemas"]["Mention"][];
        };
        /** @description What erasing takes away, and the texts that still say the name and stay. */
        Erasure: {
            held: components["schemas"]["PersonHeld"];
            mentions: components["schemas"]["Mention"][];
        };
        /** @description The person, named once more. */
        ErasureInput: {
            /** @description an address of the person */
            confirmation: string;
        };
        /** @description A rule that an exception can be granted from. */
        ExceptableRule: {
            code: string;
            title: string;
        };
        /** @description An exception. */
        ExceptionInput: {
            rule: string;
            /**
             * Format: uuid
             * @description whose change it is made for; left out: every change
             */
            run?: string | null;
            /** @description paths, or directories with a slash at the end; left out: everywhere */
            paths?: string[];
            reason: string;
            compensating_controls: string[];
            /** Format: date-time */
            expires_at: string;
        };
        /** @description Somebody who may not decide. */
        Excluded: {
            label: string;
            why: string;
        };
        /** @description What became of the decision. */
        Execution: {
            state: components["schemas"]["ExecutionState"];
            merge_commit: string | null;
            state_commit: string | null;
            tag: string | null;
            addendum: boolean;
            reason: string | null;
        };
        /** @enum {string} */
        ExecutionState: "waiting" | "merging" | "merged" | "void" | "failed";
        /** @description What to export: one project, or everything. */
        ExportInput: {
            /** @description slug or id of a project */
            project?: string;
        };
        /** @description One thing that is said of a part: what it was, and what it would be. */
        FieldChange: {
            name: string;
            before: string;
            after: string;
        };
        /** @enum {string} */
        FileChange: "added" | "modified" | "deleted";
        /** @description A finding; its fingerprint stays when its line moves. */
        Finding: {
            id: string;
            tool: string;
            rule: string;
            path: string;
            line: number;
            column: number;
            end_line: number;
            message: string;
            severity: components["schemas"]["Severity"];
            fixable: boolean;
            fingerprint: string;
        };
        /** @description A finding, briefly. */
        FindingBrief: {
            tool: string;
            rule: string;
            path: string;
            line: number;
            message: string;
            severity: string;
        };
        /** @description A page of Finding. */
        FindingPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Finding"][];
        };
        /** @description A part of an absence in which the delegate is away as well. */
        Gap: {
            /** Format: date-time */
            starts_at: string;
            /** Format: date-time */
            ends_at: string;
        };
        /** @description How many gates passed, of how many. */
        GateCount: {
            passed: number;
            total: number;
        };
        /** @description What one gate said; ``unknown`` is not a pass. */
        GateReport: {
            name: string;
            status: components["schemas"]["GateStatus"];
            reason: string;
            summary: string;
            tool: string;
            tool_version: string;
            claimed_by_code_under_test: boolean;
            duration_ms: number;
            report_digest: string;
        };
        /** @enum {string} */
        GateStatus: "pass" | "fail" | "unknown";
        /** @description The platform's parts; ``ok`` when all of them are. */
        Health: {
            status: components["schemas"]["HealthStatus"];
            version: string;
            parts: components["schemas"]["HealthPart"][];
        };
        /** @description One part of the platform. */
        HealthPart: {
            name: components["schemas"]["HealthPartName"];
            ok: boolean;
            detail: string;
        };
        /** @enum {string} */
        HealthPartName: "database" | "redis" | "workers" | "object_store" | "sequencer" | "signer";
        /** @enum {string} */
        HealthStatus: "ok" | "failing";
        /** @description One run of one tool. */
        Hook: {
            id: string;
            tool: string;
            version: string;
            command: string;
            exit_code: number | null;
            duration_ms: number;
            findings_count: number;
            output_digest: string;
            status: components["schemas"]["HookStatus"];
            reason: string;
        };
        /** @enum {string} */
        HookStatus: "ok" | "failed";
        /** @description What this installation is, and how far its log can be trusted. */
        Installation: {
            origin: string;
            mode: components["schemas"]["TrustMode"];
            demo: boolean;
        };
        /** @enum {string} */
        Isolation: "bubblewrap" | "process" | "unconfined";
        /** @description Address and password. */
        LoginInput: {
            /** Format: email */
            email: string;
            password: string;
            /**
             * @description where a page that asks for a second factor leads afterwards
             * @default /
             */
            next: string;
        };
        /** @description The ways in. Browsers offer passkeys on host names only, never on an address made of numbers. */
        LoginOffer: {
            passkey: boolean;
            single_sign_on: components["schemas"]["SingleSignOnOffer"] | null;
        };
        /** @description The user who is logged in. */
        Me: {
            id: string;
            email: string;
            display_name: string;
            person_id: string;
            roles: string[];
            permissions: components["schemas"]["Action"][];
            unattended: boolean;
            installation: components["schemas"]["Installation"];
        };
        /** @description A table in which somebody wrote the name or an address. */
        Mention: {
            table: string;
            rows: number;
        };
        /** @description What waits in a project. */
        MergeQueue: {
            project: components["schemas"]["ProjectRef"];
            branch: string;
            head_commit: string;
            base_move: components["schemas"]["BaseMove"];
            /** @description the longest that a slot is kept; 0: never */
            slot_minutes: number;
            /**
             * Format: double
             * @description how long a merge takes here; 0 before the first one
             */
            merge_seconds: number;
            may_reserve: boolean;
            may_configure: boolean;
            reservation: components["schemas"]["Reservation"] | null;
            /** @description in order */
            places: components["schemas"]["Place"][];
        };
        /** @description The token from the fragment of a one-time login's address. */
        OneTimeLoginInput: {
            token: string;
        };
        /** @description What the viewer had signed. */
        OwnDecision: {
            role: string;
            reason: string;
            /** Format: date-time */
            decided_at: string;
        };
        /** @description A pack's manifest; a field that does not apply says so and why. */
        Pack: {
            digest: string;
            size: number;
            members: components["schemas"]["PackMember"][];
            fields: {
                [key: string]: unknown;
            };
        };
        /** @description A member of a pack. */
        PackMember: {
            path: string;
            sha256: string;
            size: number;
            media_type: string;
        };
        /** @description A pack by its digest. */
        PackRef: {
            digest: string;
            size: number;
        };
        /** @enum {string} */
        PasskeyDemand: "none" | "cab" | "all";
        /** @enum {string} */
        PatchChange: "added" | "changed" | "gone";
        /** @description What is taken away when the person is erased; the ids stay. */
        PersonHeld: {
            person_id: string;
            name: string;
            addresses: string[];
            user_ids: string[];
            roles: string[];
            tokens: number;
            /** @description live tokens of others that the person minted; they stay */
            tokens_minted: number;
            sessions: number;
            one_time_logins: number;
            deciding_credentials: number;
            second_factors: number;
            identities: number;
            failed_logins: number;
            erased: boolean;
        };
        /** @description A persona: whom work is routed to. */
        Persona: {
            code: string;
            name: string;
            title: string;
            expertise: string[];
            adapters: string[];
        };
        /** @description A page of Persona. */
        PersonaPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Persona"][];
        };
        /** @description A phase with its deliverables. */
        Phase: {
            id: string;
            code: string;
            title: string;
            order: number;
            state: components["schemas"]["PhaseState"];
            complete: boolean;
            missing: string[];
            depends_on: string[];
            deliverables_total: number;
            deliverables_done: number;
            waiting_on: components["schemas"]["WaitingOn"];
            waiting_request_ids: string[];
            gates: components["schemas"]["PhaseGate"][];
            signoff_request_id: string | null;
            deliverables: components["schemas"]["Deliverable"][];
            backlog_count: number;
            owner: string;
            duration: string;
            /** Format: date */
            planned_start: string | null;
            /** Format: date */
            planned_end: string | null;
            /** @description what the plan's author says; `state` is computed */
            stated_status: string;
            prerequisites: string[];
            specification: string;
            files: components["schemas"]["PlanFile"][];
            decisions: components["schemas"]["PlanDecision"][];
            notes: components["schemas"]["PlanNote"][];
        };
        /** @description A phase with its plan and project. */
        PhaseDetail: {
            id: string;
            code: string;
            title: string;
            order: number;
            state: components["schemas"]["PhaseState"];
            complete: boolean;
            missing: string[];
            depends_on: string[];
            deliverables_total: number;
            deliverables_done: number;
            waiting_on: components["schemas"]["WaitingOn"];
            waiting_request_ids: string[];
            gates: components["schemas"]["PhaseGate"][];
            signoff_request_id: string | null;
            deliverables: components["schemas"]["Deliverable"][];
            backlog_count: number;
            owner: string;
            duration: string;
            /** Format: date */
            planned_start: string | null;
            /** Format: date */
            planned_end: string | null;
            /** @description what the plan's author says; `state` is computed */
            stated_status: string;
            prerequisites: string[];
            specification: string;
            files: components["schemas"]["PlanFile"][];
            decisions: components["schemas"]["PlanDecision"][];
            notes: components["schemas"]["PlanNote"][];
            plan: components["schemas"]["PlanRef"];
            project: components["schemas"]["ProjectRef"];
        };
        /** @description A gate of a phase; ``null`` is unknown, which is not a pass. */
        PhaseGate: {
            code: string;
            kind: components["schemas"]["PhaseGateKind"];
            text: string;
            check_kind: string;
            met: boolean | null;
            reason: string;
        };
        /** @enum {string} */
        PhaseGateKind: "quality" | "go" | "no_go" | "decision" | "standard" | "checklist";
        /** @description A page of Phase. */
        PhasePage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Phase"][];
        };
        /** @description What proves that a phase is complete, or what is missing. */
        PhaseProof: {
            complete: boolean;
            missing: string[];
            items: components["schemas"]["ProofItem"][];
        };
        /** @enum {string} */
        PhaseState: "blocked" | "active" | "awaiting_signoff" | "complete";
        /** @description One change in the line. */
        Place: {
            position: number;
            run_id: string;
            request_id: string;
            title: string;
            state: components["schemas"]["PlaceState"];
            /** Format: date-time */
            since: string;
            tier: components["schemas"]["Tier"];
            risk_score: number | null;
            votes: number;
            votes_required: number;
            /** @description whether its decision holds on the branch as it will be when it is its turn */
            verdict: components["schemas"]["PlaceVerdict"];
            /** @description why it does not hold, or why nobody knows; else empty */
            why: string;
            /** @description titles of the changes that are merged before it */
            behind: string[];
            /** Format: date-time */
            checked_at: string | null;
            /** @description the next slot is kept for it */
            reserved: boolean;
            /** @description the next slot can be kept for it */
            reservable: boolean;
        };
        /** @enum {string} */
        PlaceState: "merging" | "approved" | "waiting_approval";
        /** @enum {string} */
        PlaceVerdict: "holds" | "void" | "unknown" | "unverified";
        /** @description A plan in a list. */
        Plan: {
            id: string;
            code: string;
            title: string;
            version: string;
            project: components["schemas"]["ProjectRef"];
            source_digest: string;
            /** Format: date-time */
            created_at: string;
            phases_total: number;
            phases_complete: number;
        };
        /** @description An answer: a value, or a pointer to where a secret lies. */
        PlanAnswerInput: {
            /** @description of the input */
            name: string;
            /** @default  */
            value: string;
            /**
             * @description `env:`, `file:`, `vault:`, `docker:` or `store:`; never the secret itself
             * @default
             */
            pointer: string;
        };
        /** @description A part that would differ. */
        PlanChange: {
            kind: components["schemas"]["PlanChangeKind"];
            part: string;
            phase: string;
            deliverable: string;
            name: string;
            fields_changed: components["schemas"]["FieldChange"][];
        };
        /** @enum {string} */
        PlanChangeKind: "added" | "changed" | "removed";
        /** @description How many parts a plan has, and its demands by how they are checked. */
        PlanCounts: {
            phases: number;
            deliverables: number;
            acceptance_criteria: number;
            gates: number;
            every_phase: number;
            inputs_known: number;
            inputs_missing: number;
            inputs_optional: number;
            risks: number;
            notes: number;
            checks: {
                [key: string]: number;
            };
        };
        /** @description A strategic decision that a phase needs. */
        PlanDecision: {
            question: string;
            options: components["schemas"]["DecisionOption"][];
            documented: string;
        };
        /** @description A plan with its phases, in order, and what it says beside them. */
        PlanDetail: {
            id: string;
            code: string;
            title: string;
            version: string;
            project: components["schemas"]["ProjectRef"];
            source_digest: string;
            /** Format: date-time */
            created_at: string;
            phases_total: number;
            phases_complete: number;
            phases: components["schemas"]["Phase"][];
            source_format: components["schemas"]["PlanFormat"];
            authority: string;
            stated_status: string;
            created_on: string;
            inputs: components["schemas"]["PlanInputState"][];
            risks: components["schemas"]["PlanRisk"][];
            escalation: string[];
            reports: components["schemas"]["PlanReport"][];
            notes: components["schemas"]["PlanNote"][];
            remarks: components["schemas"]["PlanPlace"][];
        };
        /** @description What an import would change against the current version. */
        PlanDifference: {
            code: string;
            version: number;
            replaces: string;
            replaces_version: number;
            same_text: boolean;
            changes: components["schemas"]["PlanChange"][];
            unchanged: components["schemas"]["PlanUnchanged"];
        };
        /** @description A file that is to be created or modified; ``null`` where the plan does not say which. */
        PlanFile: {
            path: string;
            /** @description `create` or `modify` */
            action: string | null;
            note: string;
        };
        /** @enum {string} */
        PlanFormat: "yaml" | "markdown";
        /** @description A plan to import, and the version that it was previewed against. */
        PlanImportInput: {
            /** @description slug or id of the project */
            project: string;
            /** @default yaml */
            format: components["schemas"]["PlanFormat"];
            text: string;
            /** @description `based_on` of the preview: the import is refused when another version was imported since */
            based_on?: string | null;
        };
        /** @description A plan to import. */
        PlanInput: {
            /** @description slug or id of the project */
            project: string;
            /** @default yaml */
            format: components["schemas"]["PlanFormat"];
            text: string;
        };
        /** @description What somebody answered; the one that counts says so. */
        PlanInputAnswer: {
            number: number;
            /** @description of the plan that it was given to */
            version: number;
            value: string;
            pointer: string;
            by_label: string;
            /** Format: date-time */
            created_at: string;
            counts: boolean;
        };
        /** @enum {string} */
        PlanInputKind: "configuration" | "requirement";
        /** @enum {string} */
        PlanInputKnown: "known" | "missing";
        /** @description Something that work of a plan needs to know; of a secret, only where it lies. */
        PlanInputState: {
            id: string;
            name: string;
            text: string;
            state: components["schemas"]["PlanInputKnown"];
            value: string;
            pointer: string;
            secret: boolean;
            /** @description work does not wait for it */
            optional: boolean;
            kind: components["schemas"]["PlanInputKind"];
            /** @description phases and deliverables; empty where the whole plan needs it */
            needed_by: string[];
            /** @description titles of the work items that wait for it */
            waiting: string[];
            answers: components["schemas"]["PlanInputAnswer"][];
        };
        /** @description A page of PlanInputState. */
        PlanInputStatePage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["PlanInputState"][];
        };
        /** @description What became of the lines of the text. */
        PlanLines: {
            total: number;
            blank: number;
            understood: number;
            note: number;
            problem: number;
        };
        /** @description A piece of the plan's prose, and the line that it began on. */
        PlanNote: {
            title: string;
            text: string;
            line: number | null;
        };
        /** @description A page of Plan. */
        PlanPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Plan"][];
        };
        /** @description Something about a place of the text, with what to do. */
        PlanPlace: {
            line: number;
            column: number;
            message: string;
        };
        /** @description What a plan text would do to a project. */
        PlanPreview: {
            understood: boolean;
            problems: components["schemas"]["PlanPlace"][];
            remarks: components["schemas"]["PlanPlace"][];
            lines: components["schemas"]["PlanLines"];
            counts: components["schemas"]["PlanCounts"] | null;
            difference: components["schemas"]["PlanDifference"] | null;
            based_on: string;
            completed: string[];
            running: number;
        };
        /** @description A plan as others name it. */
        PlanRef: {
            id: string;
            code: string;
            title: string;
        };
        /** @description A report or review that the plan asks for. */
        PlanReport: {
            title: string;
            text: string;
            items: string[];
        };
        /** @description A risk of the plan. */
        PlanRisk: {
            risk: string;
            probability: string;
            impact: string;
            mitigation: string;
        };
        /** @description How much would stay as it is. */
        PlanUnchanged: {
            phases: number;
            deliverables: number;
        };
        /** @description Who must decide, and why. */
        Policy: {
            tier: components["schemas"]["Tier"];
            decision_text: string;
            blocked: boolean;
            /** @description a decision needs the approver's own passkey */
            passkey: boolean;
            /** @description in a trial: self-approved, and merged to this branch only */
            trial_branch: string | null;
            reasons: components["schemas"]["PolicyReason"][];
        };
        /** @description A rule that moved the policy. */
        PolicyReason: {
            rule: string;
            text: string;
        };
        /** @description A decision that the approver's own passkey will sign. */
        PreparationInput: {
            verdict: components["schemas"]["Verdict"];
            reason: string;
            digest: string;
            /** @description with request_changes: one by one what is asked for */
            items?: components["schemas"]["AskedItemInput"][];
            /** @description id of an open break-glass window of yours: the approval counts without the quorum */
            break_glass?: string;
        };
        /** @description What ``navigator.credentials.get`` needs; the challenge is the digest of the statement. */
        PreparedDecision: {
            id: string;
            statement: {
                [key: string]: unknown;
            };
            statement_digest: string;
            /** @description base64url */
            challenge: string;
            rp_id: string;
            /** @description where the page has to be open */
            origin: string;
            allow_credentials: components["schemas"]["AllowedCredential"][];
            /** Format: date-time */
            expires_at: string;
        };
        /** @description An RFC 9457 problem document; a 500 carries `error` and `correlation_id` alone. */
        Problem: {
            type?: string;
            title?: string;
            status?: number;
            detail?: string;
            code?: string;
            error: string;
            correlation_id: string;
            data?: {
                [key: string]: unknown;
            };
        };
        /** @description A project. */
        Project: {
            id: string;
            slug: string;
            name: string;
            default_branch: string;
            head_commit: string;
            state: components["schemas"]["ProjectState"];
            isolation: components["schemas"]["Isolation"];
            /** @description why the registration failed; empty when it did not */
            reason: string;
            baseline: components["schemas"]["Baseline"] | null;
            settings: components["schemas"]["ProjectSettings"];
            /** Format: date-time */
            created_at: string;
        };
        /** @description A project to register. */
        ProjectInput: {
            /** @description path of a repository, directory or source archive */
            source: string;
            name: string;
            isolation?: components["schemas"]["Isolation"];
            /**
             * @description self-approved changes are allowed, and merged to a branch under trial/ only
             * @default false
             */
            trial: boolean;
        };
        /** @description A page of Project. */
        ProjectPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Project"][];
        };
        /** @description A project as others name it. */
        ProjectRef: {
            id: string;
            slug: string;
            name: string;
        };
        /** @description What can be set for a project. */
        ProjectSettings: {
            /** @description what a moved branch does to decisions: carried over where allowed, or void */
            base_move: components["schemas"]["BaseMove"];
            /** @description which decisions need the passkey of who decides: none, those of the CAB, or all */
            passkey: components["schemas"]["PasskeyDemand"];
            /** @description how long one change may hold the merge slot for itself; 0 lets none do so */
            slot_minutes: number;
            /** @description working hours until a request expires */
            decide_within_hours: number;
            calendar: components["schemas"]["Calendar"];
            /** @description ids of the persons who are told one after the other */
            escalation: string[];
            /** @description one person tries the product alone; chosen at registration, and for good */
            trial: boolean;
        };
        /** @description The settings to change; what is left out stays. */
        ProjectSettingsInput: {
            base_move?: components["schemas"]["BaseMove"];
            passkey?: components["schemas"]["PasskeyDemand"];
            slot_minutes?: number;
            decide_within_hours?: number;
            calendar?: components["schemas"]["CalendarInput"];
            /** @description addresses of the persons to tell, in order */
            escalation?: string[];
        };
        /** @enum {string} */
        ProjectState: "registering" | "ready" | "failed";
        /** @description A prompt, named by its digest. */
        Prompt: {
            id: string;
            digest: string;
            text: string;
            persona: string;
            template: string;
            template_version: string;
            ruleset_digest: string;
            rules: string[];
            safety_checks: components["schemas"]["SafetyCheck"][];
            validation_criteria: string[];
            routing_reasons: string[];
        };
        /** @description The prompt that the run was given. */
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
        /** @description One line of a completeness proof; ``null`` is unknown. */
        ProofItem: {
            code: string;
            text: string;
            met: boolean | null;
        };
        /** @description How many of a role are needed and have said yes. */
        Quorum: {
            role: string;
            required: number;
            given: number;
        };
        /** @description How many of a role. */
        QuorumPart: {
            role: string;
            count: number;
        };
        /** @description How many of a role. */
        QuorumPartInput: {
            role: components["schemas"]["DecidingRole"];
            count: number;
        };
        /** @description All of it, the platform's first. */
        QuorumPolicies: {
            may_propose: boolean;
            results: components["schemas"]["QuorumScope"][];
        };
        /** @description One version, or a proposal for the next. */
        QuorumPolicy: {
            id: string;
            /** @description slug; null for the platform's policy */
            project: string | null;
            state: components["schemas"]["QuorumPolicyState"];
            version: number | null;
            /** @description null: the project follows the platform's */
            tiers: components["schemas"]["QuorumTier"][] | null;
            reason: string;
            proposed_by: string;
            /** @description who confirmed or withdrew it */
            decided_by: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            decided_at: string | null;
            /** @description a signed checkpoint covers it */
            checkpointed: boolean;
            may_confirm: boolean;
            may_withdraw: boolean;
        };
        /** @description A policy; both tiers are written out. */
        QuorumPolicyInput: {
            /**
             * @description slug; left out: the platform's
             * @default
             */
            project: string;
            /** @description null lets a project follow the platform's policy */
            tiers: components["schemas"]["QuorumTierInput"][] | null;
            reason: string;
        };
        /** @enum {string} */
        QuorumPolicyState: "proposed" | "set" | "withdrawn";
        /** @description Who decides in a project, or by the platform's policy. */
        QuorumScope: {
            project: string | null;
            /** @description the project has a policy of its own */
            own: boolean;
            /** @description of the policy that counts; 0 for what is built in */
            version: number;
            /** @description a policy that asks for less waits for its checkpoint */
            waiting: boolean;
            /** @description one person decides alone */
            trial: boolean;
            tiers: components["schemas"]["QuorumTierStanding"][];
            proposal: components["schemas"]["QuorumPolicy"] | null;
            versions: components["schemas"]["QuorumPolicy"][];
        };
        /** @description Who decides in a tier. */
        QuorumTier: {
            tier: components["schemas"]["Tier"];
            quorum: components["schemas"]["QuorumPart"][];
        };
        /** @description Who decides in a tier. */
        QuorumTierInput: {
            tier: components["schemas"]["Tier"];
            quorum: components["schemas"]["QuorumPartInput"][];
        };
        /** @description Who decides in a tier, and whether enough people are there. */
        QuorumTierStanding: {
            tier: components["schemas"]["Tier"];
            quorum: components["schemas"]["QuorumPart"][];
            /** @description of a project: before anybody who takes part in a change is left out */
            seats: components["schemas"]["Seats"][];
            /** @description what is missing, with the mend */
            lacks: string | null;
        };
        /** @description What an approver takes away; the checkpoint is ``null`` until it covers the decision. */
        Receipt: {
            decision_id: string;
            statement_digest: string;
            checkpoint: components["schemas"]["Checkpoint"] | null;
            verify_command: string;
            pack_url: string;
        };
        /** @enum {string} */
        Reminded: "none" | "half" | "four_fifths";
        /** @description Somebody who would be asked about a request, and is away. */
        RequestAbsence: {
            person: string;
            /** @description those that the request waits for */
            roles: string[];
            /** Format: date-time */
            until: string;
            /** @description who is asked instead */
            stand_in: string | null;
            /** @description why nobody is asked instead; empty where somebody is */
            nobody: string;
            /** @description this viewer is asked instead */
            mine: boolean;
        };
        /** @description Who of those who would be asked is away. */
        RequestAbsences: {
            results: components["schemas"]["RequestAbsence"][];
        };
        /** @enum {string} */
        RequestAction: "approve" | "reject" | "request_changes" | "ask_again" | "download_pack";
        /** @description The next merge slot, kept for one change. */
        Reservation: {
            run_id: string;
            /** @description null while the change makes a new pack */
            request_id: string | null;
            title: string;
            /** @description who asked for it */
            by_label: string;
            /** Format: date-time */
            reserved_at: string;
            /**
             * Format: date-time
             * @description from then on the slot is free, by the database's clock
             */
            expires_at: string;
        };
        /** @description For which change the slot is kept. */
        ReservationInput: {
            /**
             * Format: uuid
             * @description its decision request; the CAB decides on it
             */
            request_id: string;
            /** @description how long; left out: as long as the project allows */
            minutes?: number | null;
        };
        /** @description Transcripts that are old and stay. */
        RetentionKept: {
            /** @description of runs that have not ended */
            needed: number;
            /** @description under Object Lock */
            locked: number;
            /**
             * Format: date-time
             * @description when the first of these locks ends
             */
            locked_until: string | null;
        };
        /** @enum {string} */
        RetentionKind: "job" | "transcript" | "export";
        /** @description What a cleaning removes: all of it is named by the digest. */
        RetentionPlan: {
            /** @description how long things are kept */
            days: number;
            /**
             * Format: date-time
             * @description what ended before is old
             */
            before: string;
            digest: string;
            /** @description bytes of all that would go */
            size: number;
            sums: components["schemas"]["RetentionSum"][];
            kept: components["schemas"]["RetentionKept"];
            /** @description kinds of which there is more than one cleaning takes */
            more: components["schemas"]["RetentionKind"][];
            /** @description there are old transcripts beyond the 2000 that the store is asked about at a time */
            unexamined: boolean;
        };
        /** @description What of one kind and project would go. */
        RetentionSum: {
            kind: components["schemas"]["RetentionKind"];
            /** @description slug; empty for what belongs to no project */
            project: string;
            count: number;
            /** @description bytes */
            size: number;
            /** Format: date-time */
            oldest: string;
        };
        /** @description What a third person found. */
        ReviewInput: {
            review: string;
        };
        /** @description Why it ends early. */
        RevocationInput: {
            reason: string;
        };
        /** @description The score and everything that moved it: with others ``together``, that of all of them as one change. */
        Risk: {
            score: number;
            threshold: number;
            unknown: string[];
            factors: components["schemas"]["RiskFactor"][];
            alone: number;
            together: components["schemas"]["RiskBeside"][];
        };
        /** @description A change of the same session to the same files, which this one is scored together with. */
        RiskBeside: {
            run_id: string;
            title: string;
            score: number;
        };
        /** @description A factor, 0 to 1000; ``null`` is unknown. */
        RiskFactor: {
            name: string;
            weight: number;
            value: number | null;
            contribution_milli: number | null;
            inputs: components["schemas"]["RiskInput"][];
        };
        /** @description Something that moved a risk factor, and where it came from. */
        RiskInput: {
            name: string;
            value: number | null;
            effect: number;
            source: string;
            known: boolean;
        };
        /** @description How to take the change back. */
        Rollback: {
            steps: string[];
            command: string | null;
            text: string;
        };
        /** @description The version of a rule that is in force. */
        Rule: {
            code: string;
            version: number;
            title: string;
            document: string;
            document_title: string;
            section: string;
            authority: components["schemas"]["Authority"];
            scope: components["schemas"]["RuleScope"];
            text: string;
            why: string;
            correction: string;
            check: {
                [key: string]: unknown;
            };
            mode: components["schemas"]["RuleMode"];
            severity: string;
            core: boolean;
            digest: string;
        };
        /** @description One exception. */
        RuleException: {
            id: string;
            /** @description unsigned: no signed checkpoint covers it yet, and it lets nothing pass until then */
            state: components["schemas"]["RuleExceptionState"];
            rule: string;
            rule_title: string;
            /** @description null: it is for every change */
            run_id: string | null;
            run_title: string | null;
            request_id: string | null;
            /** @description none: everywhere */
            paths: string[];
            reason: string;
            compensating_controls: string[];
            granted_by: string;
            /** Format: date-time */
            granted_at: string;
            /** Format: date-time */
            expires_at: string;
            revoked_by: string | null;
            /** Format: date-time */
            revoked_at: string | null;
            revoke_reason: string;
            may_revoke: boolean;
        };
        /** @enum {string} */
        RuleExceptionState: "unsigned" | "in_force" | "expired" | "revoked";
        /** @description All exceptions, the newest first. */
        RuleExceptions: {
            results: components["schemas"]["RuleException"][];
            may_grant: boolean;
            /** @description those that enforce and are not of the governance core */
            rules: components["schemas"]["ExceptableRule"][];
        };
        /** @enum {string} */
        RuleMode: "observe" | "advise" | "enforce";
        /** @description Another mode, and why. */
        RuleModeInput: {
            mode: components["schemas"]["RuleMode"];
            /** @description its digest stands in the log */
            reason: string;
        };
        /** @description A page of Rule. */
        RulePage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Rule"][];
        };
        /** @description Where a rule applies; an empty list means everywhere. */
        RuleScope: {
            languages: string[];
            paths: string[];
            finding_types: string[];
            personas: string[];
            phases: string[];
        };
        /** @description A run in a list. */
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
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            merge_commit: string | null;
            tag: string | null;
            incident_reason: string | null;
            gates: components["schemas"]["GateCount"];
        };
        /** @description The task of a run, and the run. */
        RunAccepted: {
            /** Format: uuid */
            task_id: string;
            status_url: string;
            /** Format: uuid */
            run_id: string;
            /** @description what may hinder a decision on the result, such as too few people in the CAB, and the mend */
            warnings: string[];
        };
        /** @description A run with its steps, gates, risk and attempts. */
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
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            merge_commit: string | null;
            tag: string | null;
            incident_reason: string | null;
            gates: components["schemas"]["GateCount"];
            branch: string;
            base_commit: string;
            result_tree: string | null;
            isolation: string;
            prompt_id: string | null;
            step: string;
            steps: components["schemas"]["RunStep"][];
            gate_reports: components["schemas"]["GateReport"][];
            risk: components["schemas"]["Risk"] | null;
            attempts: components["schemas"]["Attempt"][];
            cost: components["schemas"]["Cost"];
            allowed_actions: string[];
        };
        /** @description Something that happened to a run; ``null`` for a person who was erased from the log. */
        RunEvent: {
            id: string;
            /** Format: date-time */
            time: string;
            type: string;
            summary: string;
            actor_label: string | null;
        };
        /** @description A page of RunEvent. */
        RunEventPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["RunEvent"][];
        };
        /** @description A page of Run. */
        RunPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Run"][];
        };
        /** @description One step of a run. */
        RunStep: {
            name: string;
            state: components["schemas"]["RunStepState"];
            summary: string;
            /** Format: date-time */
            started_at: string | null;
            /** Format: date-time */
            finished_at: string | null;
        };
        /** @enum {string} */
        RunStepState: "pending" | "running" | "done" | "failed";
        /** @description Something that the prompt asks to make sure of, and why. */
        SafetyCheck: {
            code: string;
            text: string;
            because: string;
        };
        /** @description How many of a role there are. */
        Seats: {
            role: string;
            required: number;
            /** @description people who could decide; who hold the same key count once */
            eligible: number;
            missing: number;
        };
        /** @description An analysis session; ``counts`` are findings by tool. */
        Session: {
            id: string;
            project_id: string;
            commit: string;
            state: components["schemas"]["SessionState"];
            counts: {
                [key: string]: number;
            };
            reason: string;
            hooks: components["schemas"]["Hook"][];
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /** @description The project to analyse. */
        SessionInput: {
            /** @description slug or id of the project */
            project: string;
        };
        /** @description A page of Session. */
        SessionPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["Session"][];
        };
        /** @enum {string} */
        SessionState: "pending" | "running" | "completed" | "failed";
        /** @enum {string} */
        Severity: "info" | "low" | "medium" | "high" | "critical";
        /** @description The pack that is made unreadable, named once more, and why. */
        ShredInput: {
            /** @description the whole digest of the pack once more */
            confirmation: string;
            /** @description stands in the log for good */
            reason: string;
        };
        /** @description The digest that was shown; the reason is the one that was given before. */
        SignAgainInput: {
            digest: string;
            assertion?: components["schemas"]["AssertionPart"] | null;
        };
        /** @description A decision, signed by the approver's own passkey where the policy asks for it. */
        SignedDecisionInput: {
            verdict: components["schemas"]["Verdict"];
            reason: string;
            digest: string;
            /** @description with request_changes: one by one what is asked for */
            items?: components["schemas"]["AskedItemInput"][];
            /** @description id of an open break-glass window of yours: the approval counts without the quorum */
            break_glass?: string;
            assertion?: components["schemas"]["AssertionPart"] | null;
        };
        /** @description The newest signed checkpoint; ``pending`` events are not covered by it yet. */
        SignedHead: {
            origin: string;
            size: number;
            root: string;
            note: string;
            /** Format: date-time */
            created_at: string;
            mode: components["schemas"]["TrustMode"];
            pending: number;
        };
        /** @description The provider that people can log in with. */
        SingleSignOnOffer: {
            name: string;
            /** @description where the browser goes to begin */
            url: string;
        };
        /** @description Somebody who holds a role that this viewer holds as well. */
        StandIn: {
            person_id: string;
            name: string;
            /** @description those that both hold */
            roles: string[];
        };
        /** @description What a decision is about. */
        Subject: {
            kind: components["schemas"]["SubjectKind"];
            id: string;
            title: string;
            digest: string;
        };
        /** @enum {string} */
        SubjectKind: "change" | "phase";
        /** @description A task; ``waiting_approval`` means that a person must decide first. */
        Task: {
            id: string;
            kind: string;
            state: components["schemas"]["TaskState"];
            step: string;
            subject_type: string;
            subject_id: string;
            progress: components["schemas"]["TaskProgress"] | null;
            result: {
                [key: string]: unknown;
            } | null;
            error: components["schemas"]["TaskError"] | null;
            waiting_for: components["schemas"]["TaskWaiting"] | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /** @description Why a task failed. */
        TaskError: {
            code: string;
            error: string;
        };
        /** @description How far a task is, for people. */
        TaskProgress: {
            done: number;
            total: number;
            summary: string;
        };
        /** @enum {string} */
        TaskState: "queued" | "running" | "waiting" | "waiting_approval" | "succeeded" | "failed" | "cancelled";
        /** @description The decision that a task waits for. */
        TaskWaiting: {
            approval_request_id: string;
            url: string;
        };
        /** @enum {string} */
        Tier: "director" | "cab";
        /** @description What the agent printed: its words, not facts. */
        Transcript: {
            digest: string;
            text: string;
            truncated: boolean;
        };
        /** @enum {string} */
        TrustMode: "self-attested" | "witnessed";
        /** @description A pack that nobody can read any more. */
        Unmade: {
            pack: string;
            run_id: string;
            /** @description digests that went with it */
            artifacts: string[];
        };
        /** @enum {string} */
        Verdict: "approve" | "reject" | "request_changes";
        /** @description A broken rule and the answer to it. */
        Violation: {
            rule: string;
            text: string;
            response: string;
        };
        /** @description A signed decision. */
        Vote: {
            id: string;
            verdict: components["schemas"]["Verdict"];
            by_label: string;
            role: string;
            /** Format: date-time */
            decided_at: string;
            reason: string;
            unattended: boolean;
            items: components["schemas"]["AskedItem"][];
        };
        /** @enum {string} */
        WaitingOn: "agent" | "person" | "phase" | "nobody";
        /** @description A work item and where it stands. */
        WorkItem: {
            id: string;
            key: string;
            title: string;
            state: components["schemas"]["WorkItemState"];
            persona: string;
            adapter: string;
            reason: string;
            finding_count: number;
            run_id: string | null;
            approval_request_id: string | null;
            /** @description inputs of the plan without which it does not begin */
            waits_for: string[];
        };
        /** @description A page of WorkItem. */
        WorkItemPage: {
            /** @description address of the next page */
            next: string | null;
            /** @description address of the page before */
            previous: string | null;
            results: components["schemas"]["WorkItem"][];
        };
        /** @description A work item as others name it. */
        WorkItemRef: {
            id: string;
            key: string;
            title: string;
            finding_count: number;
            rules: string[];
        };
        /** @enum {string} */
        WorkItemState: "proposed" | "ready" | "running" | "merged" | "rejected" | "backlog";
    };
    responses: {
        /** @description what went wrong and how to mend it */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description a repeat with the same key gets the first answer again and does nothing */
        IdempotencyKey: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    absences_list: {
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
                    "application/json": components["schemas"]["Absences"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    absences_declare: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AbsenceInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Absence"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    absences_delegate: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DelegateInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Absence"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    absences_end: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
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
                    "application/json": components["schemas"]["Absence"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
                /** @description slug or id of a project */
                project?: string;
                state?: "all" | "decided" | "pending";
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
                    "application/json": components["schemas"]["ApprovalRequestPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_get: {
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
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_absences: {
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
                    "application/json": components["schemas"]["RequestAbsences"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_ask_again: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_comments_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
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
                    "application/json": components["schemas"]["CommentPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_comment: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommentInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comment"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_decide: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignedDecisionInput"];
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
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_prepare: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreparationInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreparedDecision"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_difference: {
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
                    "application/json": components["schemas"]["Difference"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    approval_requests_sign_again: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignAgainInput"];
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
            default: components["responses"]["Problem"];
        };
    };
    audit_checkpoint_get: {
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
                    "application/json": components["schemas"]["SignedHead"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    audit_events_list: {
        parameters: {
            query?: {
                /** @description id of who did it */
                actor_id?: string;
                /** @description the request or job that it belongs to */
                correlation_id?: string;
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description not before this moment */
                from?: string;
                /** @description items a page, at most 200 */
                limit?: number;
                /** @description id of what it happened to */
                subject_id?: string;
                /** @description kind of what it happened to */
                subject_type?: string;
                /** @description what happened; `run.` takes all types that begin so */
                type?: string;
                /** @description before this moment */
                until?: string;
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
                    "application/json": components["schemas"]["AuditEventPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    audit_events_export: {
        parameters: {
            query?: {
                /** @description id of who did it */
                actor_id?: string;
                /** @description the request or job that it belongs to */
                correlation_id?: string;
                /** @description not before this moment */
                from?: string;
                /** @description at most so many events, and 100000 */
                limit?: number;
                /** @description id of what it happened to */
                subject_id?: string;
                /** @description kind of what it happened to */
                subject_type?: string;
                /** @description what happened; `run.` takes all types that begin so */
                type?: string;
                /** @description before this moment */
                until?: string;
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
                    "application/jsonl": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    auth_login: {
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
            default: components["responses"]["Problem"];
        };
    };
    auth_logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No response body */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    auth_methods: {
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
                    "application/json": components["schemas"]["LoginOffer"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    auth_one_time_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OneTimeLoginInput"];
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
            default: components["responses"]["Problem"];
        };
    };
    break_glass_list: {
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
                    "application/json": components["schemas"]["BreakGlassList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    break_glass_request: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BreakGlassInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BreakGlass"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    break_glass_close: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
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
                    "application/json": components["schemas"]["BreakGlass"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    break_glass_confirm: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
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
                    "application/json": components["schemas"]["BreakGlass"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    break_glass_review: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReviewInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BreakGlass"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deciding_credentials_list: {
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
                    "application/json": components["schemas"]["DecidingCredentials"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deciding_credentials_propose: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EnrolmentInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecidingCredential"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deciding_credentials_confirm: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmationInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecidingCredential"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deciding_credentials_revoke: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
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
                    "application/json": components["schemas"]["DecidingCredential"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deciding_credentials_begin: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
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
                    "application/json": components["schemas"]["EnrolmentOptions"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    exceptions_list: {
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
                    "application/json": components["schemas"]["RuleExceptions"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    exceptions_grant: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExceptionInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleException"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    exceptions_revoke: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevocationInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleException"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    exports_start: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ExportInput"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    findings_list: {
        parameters: {
            query: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
                rule?: string;
                /** @description id of an analysis session */
                session: string;
                tool?: string;
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
                    "application/json": components["schemas"]["FindingPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    health_get: {
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
                    "application/json": components["schemas"]["Health"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    me_get: {
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
            default: components["responses"]["Problem"];
        };
    };
    packs_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description SHA-256 of the manifest: `sha256:` and hex, or hex alone */
                digest: string;
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
                    "application/json": components["schemas"]["Pack"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    packs_download: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description SHA-256 of the manifest: `sha256:` and hex, or hex alone */
                digest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the pack */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    packs_shred: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description SHA-256 of the manifest: `sha256:` and hex, or hex alone */
                digest: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShredInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Unmade"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    personas_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
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
                    "application/json": components["schemas"]["PersonaPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    persons_erasure_preview: {
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
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    persons_erase: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ErasureInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erased"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    phases_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
                /** @description id of a plan */
                plan?: string;
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
                    "application/json": components["schemas"]["PhasePage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    phases_get: {
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
                    "application/json": components["schemas"]["PhaseDetail"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    plans_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
                /** @description slug or id of a project */
                project?: string;
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
                    "application/json": components["schemas"]["PlanPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    plans_import: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanImportInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanDetail"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    plans_get: {
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
            default: components["responses"]["Problem"];
        };
    };
    plan_inputs_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
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
                    "application/json": components["schemas"]["PlanInputStatePage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    plan_inputs_answer: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanAnswerInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanInputState"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    plans_preview: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanPreview"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    projects_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
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
                    "application/json": components["schemas"]["ProjectPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    projects_register: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectInput"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    projects_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
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
                    "application/json": components["schemas"]["Project"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    projects_queue_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
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
                    "application/json": components["schemas"]["MergeQueue"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    projects_queue_reserve: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReservationInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MergeQueue"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    projects_queue_release: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
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
                    "application/json": components["schemas"]["MergeQueue"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    projects_configure: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ProjectSettingsInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    prompts_get: {
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
                    "application/json": components["schemas"]["Prompt"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    quorum_policies_list: {
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
                    "application/json": components["schemas"]["QuorumPolicies"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    quorum_policies_propose: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuorumPolicyInput"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuorumPolicy"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    quorum_policies_confirm: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
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
                    "application/json": components["schemas"]["QuorumPolicy"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    quorum_policies_withdraw: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
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
                    "application/json": components["schemas"]["QuorumPolicy"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    retention_get: {
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
                    "application/json": components["schemas"]["RetentionPlan"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    retention_clean: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CleaningInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RetentionPlan"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    rules_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
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
                    "application/json": components["schemas"]["RulePage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    rules_mode: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                code: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleModeInput"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    runs_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
                /** @description slug or id of a project */
                project?: string;
                state?: string;
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
                    "application/json": components["schemas"]["RunPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    runs_get: {
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
            default: components["responses"]["Problem"];
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
            /** @description unified diff */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/x-diff": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    runs_events: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
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
                    "application/json": components["schemas"]["RunEventPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    sessions_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
                /** @description slug or id of a project */
                project?: string;
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
                    "application/json": components["schemas"]["SessionPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    sessions_start: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionInput"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    sessions_get: {
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
                    "application/json": components["schemas"]["Session"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    tasks_status: {
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
                    "application/json": components["schemas"]["Task"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    work_items_list: {
        parameters: {
            query?: {
                /** @description where to go on: taken from `next` or `previous` */
                cursor?: string;
                /** @description items a page, at most 200 */
                limit?: number;
                /** @description slug or id of a project */
                project?: string;
                state?: "backlog" | "merged" | "proposed" | "ready" | "rejected" | "running";
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
                    "application/json": components["schemas"]["WorkItemPage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    work_items_run: {
        parameters: {
            query?: never;
            header?: {
                /** @description a repeat with the same key gets the first answer again and does nothing */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunAccepted"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
