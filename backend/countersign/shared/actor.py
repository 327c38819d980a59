"""Who does something: handed to every service, copied into every audit event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["person", "service", "agent"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, service or agent on whose behalf a service runs.

    Attributes:
        kind: ``person``, ``service`` or ``agent``.
        id: the user's id for a person, the process name for a service, the agent's id for an agent.
        label: a name for people to read; for persons it is personal data and encrypted in the log.
        person_id: the responsible person (also of an agent or of a token), where there is one.
        roles: the role codes the actor holds at this moment.
        token_id: the API token in use, if any.
        minted_by: the person who minted that token, if any.
        unattended: the actor decides without a person in front of it (demo installations only).
    """

    kind: ActorKind
    id: str
    label: str
    person_id: str | None = None
    roles: frozenset[str] = frozenset()
    token_id: str | None = None
    minted_by: str | None = None
    unattended: bool = False

    def has_role(self, *roles: str) -> bool:
        """Say whether the actor holds at least one of ``roles``."""
        return not self.roles.isdisjoint(roles)

    @property
    def participants(self) -> frozenset[str]:
        """The persons who take part when this actor does something (DESIGN section 9)."""
        return frozenset(person for person in (self.person_id, self.minted_by) if person)


def service_actor(name: str) -> Actor:
    """Return the actor of one of the platform's own processes."""
    return Actor(kind="service", id=name, label=name)
