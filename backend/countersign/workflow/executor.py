"""The platform's own hand: what it does on a decision, it does in its own name."""

from __future__ import annotations

from typing import Final

from countersign.shared.actor import service_actor

EXECUTOR: Final = service_actor("executor")
