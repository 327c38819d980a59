import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.providers.command import command_check, command_render
from countersign.providers.errors import ProposalRequestInvalid


def render(
    *command: str,
    rules: tuple[str, ...] = ("F401",),
    paths: tuple[str, ...] = ("a.py",),
    target_version: str = "py39",
) -> tuple[str, ...]:
    return command_render(
        command,
        worktree="/w",
        prompt_file="/p/prompt.md",
        rules=rules,
        target_version=target_version,
        paths=paths,
    )


def test_command_render_fills_every_placeholder() -> None:
    command = ("tool", "--in={worktree}", "{prompt_file}", "{rules}", "{target_version}", "--", "{paths}")
    argv = render(*command, rules=("F401", "E7"), paths=("a.py", "b c.py"))
    assert argv == ("tool", "--in=/w", "/p/prompt.md", "F401,E7", "py39", "--", "a.py", "b c.py")


@pytest.mark.parametrize(
    "argument", ["{secret}", "{paths}x", "{worktree!r}", "{rules:>9}", "{worktree.x}", "{}"]
)
def test_command_check_refuses_unknown_placeholders(argument: str) -> None:
    with pytest.raises(ValueError, match="not something a command can have"):
        command_check(["tool", argument])


def test_command_check_accepts_known_placeholders() -> None:
    command_check(["tool", "{paths}", "--x={rules}:{worktree}"])


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "-rf", "../a", "a/../b", "a//b", "./a", "", ".git/config", "a/.git/hooks", "a\0b"]
)
def test_command_render_refuses_paths_that_could_be_something_else(path: str) -> None:
    with pytest.raises(ProposalRequestInvalid, match="Not a path"):
        render("tool", "{paths}", paths=(path,))


@pytest.mark.parametrize("rule", ["", "f401", "F401,ALL", "--fix", "F 1"])
def test_command_render_refuses_rules_that_could_be_something_else(rule: str) -> None:
    with pytest.raises(ProposalRequestInvalid, match="Not a rule"):
        render("tool", rules=(rule,))


def test_command_render_refuses_nothing_to_do() -> None:
    with pytest.raises(ProposalRequestInvalid, match="which rules"):
        render("tool", rules=())
    with pytest.raises(ProposalRequestInvalid, match="which paths"):
        render("tool", paths=())
    with pytest.raises(ProposalRequestInvalid, match="More than 5000 paths"):
        render("tool", paths=("a",) * 5001)
    with pytest.raises(ProposalRequestInvalid, match="Not a Python version"):
        render("tool", target_version="py39 --fix")


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_command_render_a_path_is_refused_or_stays_one_argument(paths: list[str]) -> None:
    try:
        argv = render("tool", "--", "{paths}", paths=tuple(paths))
    except ProposalRequestInvalid:
        return
    assert argv == ("tool", "--", *paths)
    assert not any(path.startswith("-") or ".." in path.split("/") for path in paths)
