"""The demo's people: an operator who starts the work and a director who decides on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import django

from countersign.shared.actor import service_actor
from countersign.shared.env import django_settings_ensure, environment

if TYPE_CHECKING:
    from countersign.accounts.contracts import UserData

OPERATOR = ("operator@demo.localhost", "Olu Operator", ("operator",))
DIRECTOR = ("director@demo.localhost", "Dana Director", ("director",))
TOKEN_VALID = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """Their tokens; secrets of this run alone."""

    operator_token: str
    director_token: str
    director_id: str


def people_prepare(*, unattended: bool) -> DemoPeople:
    """Create the demo's people in an installation that the demo created, and give this run its tokens.

    Args:
        unattended: the director's token decides without a person, and every decision says so.
    """
    django_settings_ensure()
    django.setup()
    from countersign.accounts.services import token_issue

    actor = service_actor("demo")
    operator, director = _person(*OPERATOR), _person(*DIRECTOR)
    return DemoPeople(
        operator_token=token_issue(
            actor=actor, user_id=operator.id, label="demo operator", valid=TOKEN_VALID
        ).secret,
        director_token=token_issue(
            actor=actor,
            user_id=director.id,
            label="demo director",
            valid=TOKEN_VALID,
            unattended=unattended,
        ).secret,
        director_id=director.id,
    )


def _person(email: str, name: str, roles: tuple[str, ...]) -> UserData:
    from countersign.accounts.errors import UserNotFound
    from countersign.accounts.selectors import user_by_email
    from countersign.accounts.services import role_grant, user_create

    actor = service_actor("demo")
    try:
        user = user_by_email(email)
    except UserNotFound:
        user = user_create(actor=actor, email=email, name=name)
    for role in roles:
        role_grant(actor=actor, person_id=user.person_id, role=role)
    return user_by_email(email)


def login_address(people: DemoPeople, path: str) -> str:
    """Return an address that logs the director in once, within ten minutes, and leads to ``path``."""
    from countersign.accounts.services import one_time_login_issue

    issued = one_time_login_issue(actor=service_actor("demo"), user_id=people.director_id)
    return f"{environment().base_url}/login?next={path}#token={issued.secret}"
