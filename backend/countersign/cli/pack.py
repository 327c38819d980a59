"""`countersign pack shred`: make an evidence pack unreadable for good."""

from __future__ import annotations

from typing import Annotated

import typer

from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign.cli.up import HomeOption
from countersign.cli.user import django_begin

WORD = "destroy"

app = typer.Typer(help="Evidence packs.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def packs() -> None:
    """Evidence packs."""


@app.command()
def shred(
    digest: Annotated[str, typer.Argument(help="The pack's digest.")],
    by: Annotated[str, typer.Option(help="The address of the person who destroys it.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the log for good.")],
    home: HomeOption = None,
) -> None:
    """Destroy the key of a pack: nobody can read it any more, and everything else still verifies.

    It asks twice: for the digest once more, and for the word `destroy`. The platform must be up.
    """
    django_begin(home)
    from countersign.accounts.selectors import actor_by_email
    from countersign.evidence.selectors import pack_get
    from countersign.workflow.shredding import pack_shred

    actor = actor_by_email(by)
    pack = pack_get(actor=actor, digest=digest)
    output.progress(f"{pack.digest}: {pack.size} bytes, of run {pack.run_id}")
    output.progress("Its key is destroyed for good: no copy under the lock can be read again, by anybody.")
    confirmation = typer.prompt("The digest once more", err=True)
    if typer.prompt(f"Type {WORD} to go on", err=True) != WORD:
        message = "nothing was destroyed"
        raise CommandFailed(message)
    unmade = pack_shred(actor=actor, digest=digest, confirmation=confirmation, reason=reason)
    output.progress(f"destroyed: its key and those of {len(unmade.artifacts)} artifact(s)")
    output.answer(unmade.pack)
