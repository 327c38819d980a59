"""`countersign user`: the first people of an installation, later ones, and the way back when locked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import django
import typer

from countersign.accounts.policies import ROLES
from countersign.cli import output
from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.state import state_read
from countersign.cli.up import HomeOption, home_chosen
from countersign.shared.actor import service_actor
from countersign.shared.env import (
    database_configured,
    django_settings_ensure,
    environment,
    environment_adopt,
)

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(help="The people of this installation.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def people() -> None:
    """The people of this installation."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="The address that the person logs in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[list[str], typer.Option(help=f"May be given more than once: {', '.join(ROLES)}.")],
    home: HomeOption = None,
) -> None:
    """Create a user with roles and print a login that works once, within ten minutes.

    The platform must be up. Whoever can read its home directory owns it: that is the permission it takes.
    """
    unknown = sorted(set(role) - set(ROLES))
    if unknown:
        message = f"there is no role {unknown[0]!r}; there are: {', '.join(ROLES)}"
        raise CommandFailed(message)
    django_begin(home)
    from countersign.accounts.services import one_time_login_issue, role_grant, user_create

    actor = service_actor("cli")
    user = user_create(actor=actor, email=email, name=name)
    for code in role:
        role_grant(actor=actor, person_id=user.person_id, role=code)
    issued = one_time_login_issue(actor=actor, user_id=user.id)
    output.progress(f"created {email} with the roles {', '.join(role)}; the login works once, ten minutes")
    output.answer(f"{environment().base_url}/login?next=/inbox#token={issued.secret}")


@app.command()
def unlock(
    email: Annotated[str, typer.Argument(help="The address that the person logs in with.")],
    home: HomeOption = None,
) -> None:
    """Let somebody try again whom too many failed logins have locked out. The platform must be up."""
    django_begin(home)
    from countersign.accounts.selectors import user_by_email
    from countersign.accounts.services import user_unlock

    user_unlock(actor=service_actor("cli"), user_id=user_by_email(email).id)
    output.answer(f"{email} can log in again: earlier failures are forgotten")


def django_begin(home: Path | None) -> None:
    """Join the running platform, so that its database can be asked.

    Raises:
        PlatformNotRunning: there is none, and nothing says where a database is.
    """
    try:
        environment_adopt(state_read(home_chosen(home)).environment)
    except PlatformNotRunning:
        # In a container the platform's processes are others, and the way to the database is configured.
        if not database_configured():
            raise
    django_settings_ensure()
    django.setup()
