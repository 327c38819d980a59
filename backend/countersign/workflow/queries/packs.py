"""Packs as people see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from countersign.evidence.selectors import pack_bytes, pack_file, pack_get
from countersign.runs.selectors import run_titles
from countersign.workflow.contracts import (
    GateReportView,
    PackMember,
    PackView,
    RiskBesideView,
    RiskFactorView,
    RiskInputView,
    RiskView,
)
from countersign.workflow.executor import EXECUTOR
from countersign_verify.pack import pack_read
from countersign_verify.risk import CAB_ABOVE
from countersign_verify.together import pack_risk

if TYPE_CHECKING:
    from countersign.gates.contracts import GateResultData
    from countersign.shared.actor import Actor
    from countersign_verify.pack import Pack


def pack_detail(*, actor: Actor, digest: str) -> PackView:
    """Return the manifest of a pack.

    Raises:
        PermissionDenied: the actor may not read packs.
        PackNotFound: there is none with this digest.
    """
    stored = pack_get(actor=actor, digest=digest)
    with pack_file(actor=actor, digest=digest) as file:
        pack = pack_read(file)
        return PackView(
            digest=pack.digest,
            size=stored.size,
            members=tuple(
                PackMember(member.path, member.sha256, member.size, member.media_type)
                for member in pack.members.values()
            ),
            fields=json.loads(json.dumps(pack.fields)),
        )


def pack_data(*, actor: Actor, digest: str) -> bytes:
    """Return the file of a pack.

    Raises:
        PermissionDenied: the actor may not read packs.
        PackNotFound: there is none with this digest.
    """
    return pack_bytes(actor=actor, digest=digest)


def risk_of(pack: Pack) -> RiskView:
    """Return the risk of a pack, recomputed from its recorded inputs."""
    recomputed = pack_risk(pack)
    # It is of the shape that the verifier's own docstring gives.
    result = cast("dict[str, Any]", recomputed.predicate)
    names = run_titles(actor=EXECUTOR, run_ids=[other.run_id for other in recomputed.beside])
    unknown = set(result["unknown"])
    factors = []
    for name, factor in result["factors"].items():
        weight, value = factor["weight"], factor["value"]
        known = name not in unknown
        factors.append(
            RiskFactorView(
                name=name,
                weight=weight,
                value=value if known else None,
                contribution_milli=weight * value if known else None,
                inputs=tuple(_input(item) for item in factor["inputs"]),
            )
        )
    return RiskView(
        score=result["score"],
        threshold=CAB_ABOVE,
        unknown=tuple(sorted(unknown)),
        factors=tuple(sorted(factors, key=lambda item: -(item.contribution_milli or 0))),
        alone=result.get("alone", result["score"]),
        together=tuple(
            RiskBesideView(other.run_id, names.get(other.run_id, ""), other.score)
            for other in recomputed.beside
        ),
    )


def _input(item: dict[str, object]) -> RiskInputView:
    value = item["value"]
    return RiskInputView(
        name=str(item["name"]),
        value=value if isinstance(value, int) else None,
        effect=int(str(item["effect"])),
        source=str(item["source"]),
        known=item.get("known") is not False,
    )


def gate_view(result: GateResultData) -> GateReportView:
    """Return one gate's answer."""
    report = result.report
    summary = report.get("summary") or ()
    return GateReportView(
        name=result.name,
        status=result.status.value,
        reason=result.reason,
        summary="\n".join(str(line) for line in summary)
        if isinstance(summary, list | tuple)
        else str(summary),
        tool=str(report.get("tool", "")),
        tool_version=str(report.get("tool_version", "")),
        claimed_by_code_under_test=bool(report.get("claimed_by_code_under_test", False)),
        duration_ms=int(str(report.get("duration_ms", 0))),
        report_digest=result.report_digest,
    )
