"""Which files steer the gates: who changes one of them changes the measure, not only the measured.

The list itself is the verifier's, so that a stranger judges by the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign_verify.gate_configuration import is_gate_configuration

if TYPE_CHECKING:
    from collections.abc import Iterable


def gate_configuration_paths(paths: Iterable[str]) -> frozenset[str]:
    """Return those of ``paths`` that steer the gates."""
    return frozenset(path for path in paths if is_gate_configuration(path))
