"""Offering checkpoints to witnesses and keeping what they sign (C2SP tlog-witness)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from countersign.audit.models import AuditCheckpoint, AuditCosignature, AuditLeaf
from countersign.audit.witness import request_format
from countersign.shared.resilience.text import TextAnswer, text_post
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import CompactRange, consistency_ranges, root_of
from countersign_verify.notes import open_note

if TYPE_CHECKING:
    from countersign.audit.witness_policy import WitnessAddress, WitnessPolicy

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0


def witnesses_ask(policy: WitnessPolicy) -> int:
    """Offer the newest checkpoint to every witness that has not signed it; return how many signed now.

    A witness that does not answer, or that says that the log was rewritten, is logged and passed over: the
    next round asks it again, and what waits for a quorum waits.
    """
    head = AuditCheckpoint.objects.order_by("-tree_size").values_list("tree_size", "note").first()
    if head is None:
        return 0
    size, note = head
    have = set(AuditCosignature.objects.filter(tree_size=size).values_list("witness", flat=True))
    return sum(_ask(witness, size, note) for witness in policy.witnesses if witness.key not in have)


def _ask(witness: WitnessAddress, size: int, note: str) -> bool:
    known = AuditCosignature.objects.filter(witness=witness.key).order_by("-tree_size")
    old = known.values_list("tree_size", flat=True).first() or 0
    answer = _offer(witness, old, size, note)
    if answer is not None and answer.status == HTTPStatus.CONFLICT:
        # It saw more than we remember of it, or less: it says how far it is.
        told = answer.text.strip()
        if not told.isdigit() or int(told) > size or not _checkpoint_exists(int(told)):
            _alarm(witness, f"it saw {told[:20]!a} events; this log has {size}, or had no checkpoint there")
            return False
        answer = _offer(witness, int(told), size, note)
    if answer is None:
        return False
    if answer.status != HTTPStatus.OK:
        _alarm(witness, f"HTTP {answer.status}: {answer.text.strip()[:200]!a}")
        return False
    return _keep(witness, size, note, answer.text)


def _offer(witness: WitnessAddress, old: int, size: int, note: str) -> TextAnswer | None:
    proof = consistency_of(old, size)
    try:
        return text_post(
            f"{witness.url}/add-checkpoint", request_format(old, proof, note), timeout=TIMEOUT_SECONDS
        )
    except OSError as error:
        logger.warning(
            "a witness does not answer", extra={"witness": witness.name, "reason": str(error)[:200]}
        )
        return None


def _alarm(witness: WitnessAddress, reason: str) -> None:
    logger.error("a witness refuses the log", extra={"witness": witness.name, "reason": reason})


def _keep(witness: WitnessAddress, size: int, note: str, line: str) -> bool:
    try:
        open_note(note + line, [witness.key])
    except RefusedError as error:
        _alarm(witness, f"its signature does not hold: {error}")
        return False
    try:
        with transaction.atomic(durable=True):
            AuditCosignature.objects.create(tree_size=size, witness=witness.key, line=line)
    except IntegrityError:
        # Another sequencer kept it first.
        return False
    return True


def _checkpoint_exists(size: int) -> bool:
    return size == 0 or AuditCheckpoint.objects.filter(tree_size=size).exists()


def consistency_of(old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of ``new`` leaves extends that of ``old`` (RFC 6962 section 2.1.2).

    What lies left of ``old`` is in that checkpoint's frontier; only the leaves in between are read.

    Raises:
        AuditCheckpoint.DoesNotExist: there is no checkpoint of ``old`` leaves.
    """
    if old in {0, new}:
        return []
    row = AuditCheckpoint.objects.get(tree_size=old)
    left = CompactRange(size=old, hashes=[bytes.fromhex(item) for item in row.frontier])
    leaves = AuditLeaf.objects.filter(leaf_index__gte=old, leaf_index__lt=new).order_by("leaf_index")
    right = [bytes(item) for item in leaves.values_list("leaf_hash", flat=True)]
    nodes = _nodes(left)
    return [
        nodes[begin] if end <= old else root_of(right[begin - old : end - old])
        for begin, end in consistency_ranges(old, new)
    ]


def _nodes(left: CompactRange) -> dict[int, bytes]:
    """Return the perfect subtrees of a tree by their first leaf."""
    found: dict[int, bytes] = {}
    begin = 0
    for level, hashed in zip(
        (bit for bit in reversed(range(left.size.bit_length())) if left.size >> bit & 1),
        left.hashes,
        strict=True,
    ):
        found[begin] = hashed
        begin += 1 << level
    return found
