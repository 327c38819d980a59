"""Which changes are scored together: those of one session to the same files, so that splitting does not help.

Of two such changes the one that is sealed later carries the inputs of the other one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.evidence.contracts import BesideEvidence
from countersign.evidence.errors import EvidenceUnmade
from countersign.evidence.selectors import pack_file
from countersign.plans.selectors import work_item_get, work_item_list
from countersign.runs.contracts import BesideData
from countersign.runs.selectors import run_list
from countersign.workflow.executor import EXECUTOR
from countersign_verify import vocabulary
from countersign_verify.canonical import canonical_object
from countersign_verify.pack import pack_read
from countersign_verify.risk import WEIGHTS
from countersign_verify.together import inputs_read, others_read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from countersign.runs.contracts import RunData
    from countersign.shared.types import JSON
    from countersign_verify.canonical import Json

# What may still be merged, or is.
COUNTED: Final = frozenset({"waiting_approval", "approved", "merging", "merged"})


def session_mates(run: RunData) -> dict[str, RunData]:
    """Return the other runs of the session that a run belongs to, by id."""
    session = work_item_get(actor=EXECUTOR, work_item_id=run.work_item_id).session_id
    items = work_item_list(actor=EXECUTOR, session_id=session)
    runs = run_list(actor=EXECUTOR, work_item_ids=[item.id for item in items])
    return {other.id: other for other in runs if other.id != run.id}


def beside_now(run: RunData) -> tuple[tuple[BesideData, BesideEvidence], ...]:
    """Return the changes that a run is to be scored together with, by the run's id.

    One that was scored together with this very patch already is left out: it carries the sum.
    """
    own = {entry.path for entry in run.entries}
    counted = BesideData(run.id, run.patch_digest)
    found: list[tuple[BesideData, BesideEvidence]] = []
    for other_id, other in sorted(session_mates(run).items()):
        shared = sorted(own & {entry.path for entry in other.entries})
        if other.state not in COUNTED or not shared or counted in other.beside:
            continue
        evidence = BesideEvidence(other_id, other.pack_digest, tuple(shared), _inputs(other.pack_digest))
        found.append((BesideData(other_id, other.patch_digest), evidence))
    return tuple(found)


def beside_sealed(run: RunData) -> tuple[BesideEvidence, ...]:
    """Return the changes that the run's sealed pack was scored together with.

    Raises:
        PackNotFound: the run has no pack.
        EvidenceUnmade: its key was destroyed.
    """
    with pack_file(actor=EXECUTOR, digest=run.pack_digest) as file:
        others = others_read(pack_read(file))
    return tuple(
        BesideEvidence(other.run_id, other.pack, other.paths, _tuples(inputs)) for other, inputs in others
    )


def _inputs(pack: str) -> Mapping[str, tuple[Mapping[str, JSON], ...]]:
    try:
        with pack_file(actor=EXECUTOR, digest=pack) as file:
            return _tuples(inputs_read(canonical_object(pack_read(file).read(vocabulary.MEMBER_RISK_INPUTS))))
    except EvidenceUnmade:
        # Nobody can say any more what it weighed, and unknown is not low.
        unknown: JSON = {
            "name": "unmade_pack",
            "value": pack,
            "effect": 1000,
            "source": "platform:evidence",
            "known": False,
        }
        return dict.fromkeys(WEIGHTS, (unknown,))  # type: ignore[arg-type]  # an object


def _tuples(
    inputs: Mapping[str, Sequence[Mapping[str, Json]]],
) -> Mapping[str, tuple[Mapping[str, JSON], ...]]:
    return {name: tuple(items) for name, items in inputs.items()}
