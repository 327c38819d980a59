"""The demo's answer for programs: what happened, in one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from countersign.cli.demo.flow import API

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.cli.demo.flow import DemoFlow
    from countersign.shared.resilience.http import Json


def report_build(
    flow: DemoFlow, *, export: Json, prompts: int, seconds: Mapping[str, float], packs: str
) -> dict[str, Any]:
    """Return the document that ``--json FILE`` writes.

    Args:
        flow: the demo that ran.
        export: the result of the export task.
        prompts: prompts that were generated.
        seconds: wall time by part.
        packs: the directory of the exported packs.
    """
    runs = [_run(flow, run, packs) for run in flow.runs()]
    merged = [run for run in runs if run["merge_commit"]]
    merged.sort(key=lambda run: run.pop("_order"))
    for run in runs:
        run.pop("_order", None)
    session = flow.session()
    plan = flow.plan()
    last = merged[-1] if merged else {"merge_commit": None, "tag": None}
    return {
        "project": {
            "path": flow.progress.project_path,
            "base_commit": flow.progress.base_commit,
            "merge_commit": last["merge_commit"],
            "tag": last["tag"],
        },
        "plan": {
            "id": plan["id"],
            "phases": [
                {
                    "code": phase["code"],
                    "status": phase["state"],
                    "complete": phase["complete"],
                    "missing": phase["missing"],
                }
                for phase in plan["phases"]
            ],
        },
        "session": {"id": session["id"], "findings": session["counts"], "prompts": prompts},
        "runs": runs,
        "audit": {"events": export["events"], "checkpoint": {"size": export["size"], "root": export["root"]}},
        "export": export["directory"],
        "trust": export["trust"],
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }


def _run(flow: DemoFlow, run: Json, packs: str) -> dict[str, Any]:
    diff_lines, decision = 0, None
    if run["approval_request_id"]:
        request = flow.client.get(f"{API}/approval-requests/{run['approval_request_id']}/")
        diff_lines = int(str(request["added_lines"])) + int(str(request["deleted_lines"]))
        votes: list[Json] = request["votes"]
        if votes:
            last = votes[-1]
            decision = {
                "id": last["id"],
                "verdict": last["verdict"],
                "by": last["by_label"],
                "unattended": last["unattended"],
            }
    digest = run["pack_digest"]
    return {
        "id": run["id"],
        "status": run["state"],
        "patch_lines": diff_lines,
        "gates": [
            {"name": gate["name"], "status": gate["status"], "reason": gate["reason"]}
            for gate in run["gate_reports"]
        ],
        "risk": _risk(run["risk"]),
        "pack": {"path": f"{packs}/{digest.removeprefix('sha256:')}.tar", "digest": digest}
        if digest
        else None,
        "decision": decision,
        "merge_commit": run["merge_commit"],
        "tag": run["tag"],
        "_order": run["updated_at"],
    }


def _risk(risk: Json | None) -> dict[str, Any] | None:
    if risk is None:
        return None
    return {
        "score": risk["score"],
        "factors": {
            factor["name"]: {
                "value": factor["value"],
                "weight": factor["weight"],
                "inputs": factor["inputs"],
            }
            for factor in risk["factors"]
        },
    }
