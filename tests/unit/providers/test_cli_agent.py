"""The CLI-agent adapter, driven in the real sandbox."""

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from countersign.providers.cli_agent import propose
from countersign.providers.contracts import AdapterData, CallOutcome, ProposalRequest
from countersign.providers.errors import ProposalRequestInvalid
from countersign.providers.profiles import profiles_load
from countersign.sandbox.contracts import IsolationKind

pytestmark = pytest.mark.needs("bwrap")

SOURCE = """\
import os
import sys


def find(value, things):
    if not value in things:
        return sys.maxsize
    else:
        return "%s" % (value,)
"""


@pytest.fixture
def isolation() -> IsolationKind:
    return IsolationKind.BUBBLEWRAP


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "a.py").write_text(SOURCE, encoding="utf-8")
    (tree / "src" / "b.py").write_text(SOURCE, encoding="utf-8")
    # The project's own configuration must not steer the tool.
    (tree / "ruff.toml").write_text('lint.ignore = ["F401"]\nunsafe-fixes = true\n', encoding="utf-8")
    return tree


def ruff() -> AdapterData:
    (adapter,) = (adapter for adapter in profiles_load() if adapter.code == "ruff")
    return adapter


def agent(script: str, **changes: object) -> AdapterData:
    """Make an adapter whose agent is a small shell script."""
    base = replace(ruff(), code="script", command=("sh", "-c", script, "agent", "{prompt_file}", "{paths}"))
    return replace(base, **changes)  # type: ignore[arg-type]  # each test names fields of AdapterData


def request(worktree: Path, adapter: AdapterData, isolation: IsolationKind, seed: int = 7) -> ProposalRequest:
    return ProposalRequest(
        worktree=worktree,
        prompt_text="Remove unused imports.\nIgnore what this line says: é\n",
        adapter=adapter,
        seed=seed,
        isolation=isolation,
        rules=("F401",),
        paths=("src/a.py",),
        target_version="py39",
    )


def test_propose_ruff_applies_its_safe_fixes_of_the_named_rules_to_the_named_paths(
    worktree: Path, isolation: IsolationKind
) -> None:
    result = propose(request(worktree, ruff(), isolation))
    assert (worktree / "src" / "a.py").read_text(encoding="utf-8") == SOURCE.replace("import os\n", "")
    assert (worktree / "src" / "b.py").read_text(encoding="utf-8") == SOURCE
    assert sorted(path.name for path in worktree.rglob("*")) == ["a.py", "b.py", "ruff.toml", "src"]
    assert result.proposed
    assert (result.outcome, result.exit_code, result.failure) == (CallOutcome.PROPOSED, 0, None)
    assert "1 fixed" in result.summary
    assert b"ruff check --isolated" in result.transcript
    assert result.argv[0] == "ruff"


def test_propose_ruff_says_that_it_has_no_model_and_costs_nothing(
    worktree: Path, isolation: IsolationKind
) -> None:
    result = propose(request(worktree, ruff(), isolation))
    assert (result.tokens_in, result.tokens_out, result.cost_micros, result.model) == (0, 0, 0, None)
    assert "no model" in result.says
    assert result.isolation is isolation


def test_propose_ruff_leaves_what_only_an_unsafe_fix_could_change(
    worktree: Path, isolation: IsolationKind
) -> None:
    asked = replace(request(worktree, ruff(), isolation), rules=("UP031",))
    result = propose(asked)
    assert result.proposed
    assert (worktree / "src" / "a.py").read_text(encoding="utf-8") == SOURCE


def test_propose_gives_the_same_tree_every_time(
    worktree: Path, isolation: IsolationKind, tmp_path: Path
) -> None:
    digests = set()
    for seed in (1, 2):
        tree = tmp_path / f"again-{seed}"
        tree.mkdir()
        (tree / "src").mkdir()
        (tree / "src" / "a.py").write_text(SOURCE, encoding="utf-8")
        asked = replace(request(tree, ruff(), isolation, seed), rules=("F401", "E713", "RET505"))
        assert propose(asked).proposed
        digests.add(hashlib.sha256((tree / "src" / "a.py").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_propose_ruff_reports_a_tool_that_failed(worktree: Path, isolation: IsolationKind) -> None:
    asked = replace(request(worktree, ruff(), isolation), rules=("QQQ999",))
    result = propose(asked)
    assert (result.outcome, result.exit_code) == (CallOutcome.FAILED, 2)
    assert result.failure == "The agent ended with exit code 2."
    assert result.summary == result.failure


def test_propose_any_command_gets_prompt_seed_and_nothing_else(
    worktree: Path, isolation: IsolationKind
) -> None:
    script = (
        'cat "$1"; echo "seed $COUNTERSIGN_SEED in $PWD for $2"; echo made > made.txt; '
        'echo x >> "$1" && echo WROTE_PROMPT; '
        f"echo x > {sys.prefix}/owned && echo WROTE_TOOLS; "
        "ls -A /root /home 2>/dev/null | grep -c . ; exit 0"
    )
    result = propose(request(worktree, agent(script), isolation, seed=42))
    text = result.transcript.decode().partition("agent /prompt")[2]
    assert "Ignore what this line says: é" in text
    assert "seed 42 in /worktree for src/a.py" in text
    assert "WROTE" not in text
    assert (worktree / "made.txt").read_text(encoding="utf-8") == "made\n"


def test_propose_a_model_behind_a_command_has_unknown_cost(worktree: Path, isolation: IsolationKind) -> None:
    adapter = agent("echo done", model="some-model", deterministic=False, says="A model.")
    result = propose(request(worktree, adapter, isolation))
    assert (result.tokens_in, result.tokens_out, result.cost_micros) == (None, None, None)
    assert (result.model, result.says) == ("some-model", "A model.")


def test_propose_stops_an_agent_that_does_not_end(worktree: Path, isolation: IsolationKind) -> None:
    result = propose(request(worktree, agent("sleep 60", wall_seconds=1), isolation))
    assert (result.outcome, result.timed_out) == (CallOutcome.TIMED_OUT, True)
    assert result.failure == "The agent was stopped after 1 s."
    assert not result.proposed


def test_propose_a_missing_command_is_a_failure_that_says_so(
    worktree: Path, isolation: IsolationKind
) -> None:
    result = propose(request(worktree, replace(ruff(), command=("no-such-agent",)), isolation))
    assert result.outcome is CallOutcome.FAILED
    assert result.failure


def test_propose_a_sandbox_that_did_not_start_is_a_failure(worktree: Path, isolation: IsolationKind) -> None:
    result = propose(request(worktree, agent("echo 'bwrap: no such thing' >&2; exit 1"), isolation))
    assert result.outcome is CallOutcome.FAILED
    assert result.failure == "The agent could not be run: bwrap: no such thing"


def test_propose_says_so_when_nothing_was_kept_apart(worktree: Path) -> None:
    result = propose(request(worktree, ruff(), IsolationKind.UNCONFINED))
    assert result.proposed
    assert result.isolation is IsolationKind.UNCONFINED
    assert (worktree / "src" / "a.py").read_text(encoding="utf-8") == SOURCE.replace("import os\n", "")


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_propose_caps_the_transcript_but_keeps_command_and_end(
    worktree: Path, isolation: IsolationKind, stream: str
) -> None:
    adapter = agent(f"head -c 3000000 /dev/zero | tr '\\0' 'x' {stream}", transcript_bytes=4096)
    result = propose(request(worktree, adapter, isolation))
    assert len(result.transcript) <= 4096
    assert result.transcript.startswith(b"$ sh -c")
    assert b"cut here" in result.transcript
    assert b"[exit code 0" in result.transcript
    assert result.transcript_truncated


def test_propose_keeps_what_the_agent_said_on_both_streams(worktree: Path, isolation: IsolationKind) -> None:
    result = propose(request(worktree, agent("echo out; echo err >&2"), isolation))
    assert b"out\n" in result.transcript
    assert b"[stderr]\nerr\n" in result.transcript
    assert not result.transcript_truncated


def test_propose_summary_is_one_harmless_line(worktree: Path, isolation: IsolationKind) -> None:
    script = "printf 'first\\n\\033[31mred \\342\\200\\256tac\\007\\n \\n'"
    result = propose(request(worktree, agent(script), isolation))
    assert result.summary == "[31mred tac"
    assert propose(request(worktree, agent("true"), isolation)).summary == "The agent printed nothing."


def test_propose_refuses_what_can_not_be_handed_to_a_command(
    worktree: Path, isolation: IsolationKind
) -> None:
    with pytest.raises(ProposalRequestInvalid):
        propose(replace(request(worktree, ruff(), isolation), paths=("../x",)))
