"""What every installation starts with: roles, rules, personas, templates, adapters, gates."""

from __future__ import annotations

from countersign.accounts.services import roles_sync
from countersign.gates.services import gates_sync
from countersign.governance.services import rules_sync
from countersign.prompts.services import personas_sync, templates_sync
from countersign.providers.services import adapters_sync
from countersign.shared.actor import service_actor


def installation_sync() -> None:
    """Bring the shipped data in; what is there already is left alone, so it runs at every start.

    Raises:
        DomainError: a shipped file is damaged; the message names it.
    """
    actor = service_actor("installer")
    roles_sync(actor=actor)
    rules_sync(actor=actor)
    templates_sync(actor=actor)
    personas_sync(actor=actor)
    adapters_sync(actor=actor)
    gates_sync(actor=actor)
