"""What the documentation says about the product is so: links, commands, options, variables, roles."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from countersign.accounts.policies import PERMISSIONS, ROLES, SEPARATION
from tests.help_texts import help_of

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
REFERENCE = ROOT / "docs" / "reference"
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
MAX_SCREEN_BYTES = 300_000
# Quick, and without effect.
HARMLESS = re.compile(r"(countersign|countersign-verify)( [a-z]+)* (--help|--version|version)$")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[str]:
    return [found[2] for found in FENCE.findall(path.read_text()) if found[1] == language]


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text())


def anchors(path: Path) -> set[str]:
    """Return the names under which a document's headings can be linked to."""
    titles = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links() -> Iterator[tuple[Path, str]]:
    for path in DOCUMENTS:
        for target in LINK.findall(prose(path)):
            yield path, target


@pytest.mark.parametrize(
    ("path", "target"), [pytest.param(path, link, id=f"{named(path)}: {link}") for path, link in links()]
)
def test_link_leads_somewhere(path: Path, target: str) -> None:
    if re.match(r"[a-z]+:", target):
        assert target.startswith("https://"), "links to other hosts are encrypted"
        return
    name, _, anchor = target.partition("#")
    found = (path.parent / unquote(name)).resolve() if name else path
    assert found.exists(), f"{named(path)} links to {target}, which is not there"
    assert found.is_relative_to(ROOT), "a link stays in the repository"
    if anchor:
        assert anchor in anchors(found), f"{named(found)} has no heading {anchor}"


def harmless_commands() -> list[str]:
    lines = {
        line.strip().removeprefix("$ ")
        for path in DOCUMENTS
        for block in blocks(path, "console")
        for line in block.splitlines()
    }
    return sorted(line for line in lines if HARMLESS.fullmatch(line))


def test_there_are_commands_to_run() -> None:
    assert len(harmless_commands()) >= 4


@pytest.mark.parametrize("command", harmless_commands())
def test_harmless_command_succeeds(command: str) -> None:
    program, *arguments = command.split()
    done = subprocess.run([str(BIN / program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def sections(text: str) -> dict[str, str]:
    """Return what the reference says, by the command in the heading."""
    parts = re.split(r"^### (countersign(?:-verify)? [\w-]+(?: [\w-]+)?)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands_in(*group: str) -> list[str]:
    """Return the commands that a program or a group of its commands lists."""
    return re.findall(r"^  ([\w-]+)  ", help_of(*group).partition("Commands:\n")[2], re.MULTILINE)


def offered() -> list[str]:
    """Return every command that the programs offer."""
    own: list[str] = []
    for name in commands_in("countersign"):
        own += [f"{name} {inner}" for inner in commands_in("countersign", name)] or [name]
    verify = re.search(r"\{([\w,]+)\}", help_of("countersign-verify"))
    assert verify
    return [
        *(f"countersign {name}" for name in own),
        *(f"countersign-verify {name}" for name in verify.group(1).split(",")),
    ]


def test_reference_has_every_command_and_no_other() -> None:
    assert sorted(sections((REFERENCE / "cli.md").read_text())) == sorted(offered())


@pytest.mark.parametrize("command", sorted(sections((REFERENCE / "cli.md").read_text())))
def test_reference_has_every_option_and_no_other(command: str) -> None:
    said = set(
        re.findall(r"^\| `(--[\w-]+)", sections((REFERENCE / "cli.md").read_text())[command], re.MULTILINE)
    )
    known = set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", help_of(*command.split()), re.MULTILINE)) - {"--help"}
    assert said == known


def variables(*paths: Path) -> set[str]:
    """Return the variables that are read, by the base name of secrets that may come from files."""
    found = set()
    for path in paths:
        found |= set(re.findall(r"\bCOUNTERSIGN_[A-Z0-9_]*[A-Z0-9]\b", path.read_text()))
    return {name for name in found if not name.startswith("COUNTERSIGN_TEST")}


def test_configuration_names_every_variable_and_no_other() -> None:
    read = variables(ROOT / "backend" / "countersign" / "shared" / "env.py")
    # Put together from the role's prefix and a suffix.
    for prefix in ("DATABASE", "DATABASE_OWNER", "DATABASE_SEQUENCER", "DATABASE_SIGNER"):
        read -= {f"COUNTERSIGN_{prefix}"}
        read |= {f"COUNTERSIGN_{prefix}_USER", f"COUNTERSIGN_{prefix}_PASSWORD"}
    compose = (ROOT / "docker-compose.yml").read_text()
    read |= set(re.findall(r"\$\{(COUNTERSIGN_\w+?):?-", compose))
    table = re.findall(r"^\| `(\w+)` \|", (REFERENCE / "configuration.md").read_text(), re.MULTILINE)
    assert len(table) == len(set(table))
    assert set(table) == read


def test_permissions_are_the_codes() -> None:
    text = (REFERENCE / "permissions.md").read_text()
    roles = "".join(f"| `{code}` | {title} | {what} |\n" for code, (title, what) in ROLES.items())
    actions = "".join(
        f"| `{action}` | {', '.join(f'`{role}`' for role in sorted(allowed))} |\n"
        for action, allowed in PERMISSIONS.items()
    )
    apart = "".join(
        f"| `{role}` | {', '.join(f'`{other}`' for other in sorted(excluded))} | {why} |\n"
        for role, (excluded, why) in SEPARATION.items()
    )
    assert f"|---|---|---|\n{roles}\n" in text
    assert f"|---|---|---|\n{apart}\n" in text
    assert f"|---|---|\n{actions}\n" in text


def test_every_decision_record_is_listed_in_order() -> None:
    directory = ROOT / "docs" / "adr"
    there = sorted(path.name for path in directory.glob("[0-9]*.md"))
    assert re.findall(r"\]\(([0-9]{4}-[\w-]+\.md)\)", (directory / "README.md").read_text()) == there
    assert [name[:4] for name in there] == [f"{number:04}" for number in range(1, len(there) + 1)]
    for name in there:
        title = re.match(r"# (\d{4}): ", (directory / name).read_text())
        assert title
        assert title.group(1) == name[:4]


def test_pictures_are_small_and_used() -> None:
    used = {unquote(Path(link).name) for _, link in links() if link.endswith(".png")}
    pictures = list((ROOT / "docs" / "screens").glob("*.png"))
    for picture in pictures:
        assert picture.stat().st_size < MAX_SCREEN_BYTES
    assert used <= {picture.name for picture in pictures}


@pytest.mark.parametrize("path", [pytest.param(path, id=named(path)) for path in DOCUMENTS])
def test_document_names_no_machine(path: Path) -> None:
    text = path.read_text()
    # The hosts of registries are looked for in every file by the tests of the architecture.
    for pattern in (r"/root\b", r"/home/\w"):
        assert not re.search(pattern, text), pattern
    assert text.startswith("# ")
    assert text.endswith("\n")


@pytest.mark.parametrize("path", [pytest.param(path, id=named(path)) for path in DOCUMENTS])
def test_documents_json_is_json(path: Path) -> None:
    for block in blocks(path, "json"):
        json.loads(block)
