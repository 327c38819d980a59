"""`countersign witness`: watch somebody else's log, so that its operator can't rewrite it unnoticed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countersign.audit.witness import Witness, witness_create
from countersign.audit.witness_server import WitnessServer
from countersign.cli import output
from countersign.cli.errors import CommandFailed
from countersign_verify.errors import RefusedError

app = typer.Typer(
    help="Watch a log, so that its operator can't rewrite it unnoticed. Needs no platform and no database.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
DirectoryOption = Annotated[Path, typer.Option("--dir", help="Where the witness keeps its key and state.")]


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="The witness's name, such as witness.example.org/a.")],
    directory: DirectoryOption,
) -> None:
    """Make a witness and print its verifier key, which goes into trust files."""
    try:
        output.answer(witness_create(directory, name))
    except RefusedError as error:
        raise CommandFailed(str(error)) from error


@app.command()
def watch(
    origin: Annotated[str, typer.Argument(help="The name of the log, the first line of its checkpoints.")],
    key: Annotated[str, typer.Argument(help="The verifier key of the log, from its trust file.")],
    directory: DirectoryOption,
) -> None:
    """Watch a log: its first checkpoint is believed, each later one has to extend what was seen."""
    try:
        Witness(directory).log_add(key, origin)
    except RefusedError as error:
        raise CommandFailed(str(error)) from error
    output.answer(f"watching {origin}")


@app.command()
def status(directory: DirectoryOption) -> None:
    """Show the witness's key and how far it saw each log."""
    witness = Witness(directory)
    output.answer(witness.verifier)
    for origin, seen in witness.logs():
        output.answer(f"{origin}: {seen.size} events, root {seen.root.hex()}")


@app.command()
def run(
    directory: DirectoryOption,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes any.")] = 8700,
) -> None:
    """Serve the witness until Ctrl-C. Put a proxy with TLS in front of it when it is asked over a network."""
    witness = Witness(directory)
    with witness.exclusive():
        server = WitnessServer(witness, host, port)
        output.answer(f"witness {witness.name} listens on http://{host}:{server.port}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            output.progress("stopped")
        finally:
            server.server_close()
