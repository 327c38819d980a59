"""The project state document in the form of seed 002, section 5."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from countersign.plans.project_state import (
    DecisionNote,
    EntryData,
    EntryStatus,
    Verification,
    document_append,
    entry_render,
)

ENTRY = EntryData(
    time=datetime(2026, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1))),
    task="P1.1",
    title="Remove unused imports",
    status=EntryStatus.COMPLETED,
    branch="feat/P1-unused-imports",
    commit="a" * 40,
    artifacts=("src/a.py", "src/b.py"),
    commands=("ruff check --fix", "pytest -q"),
    verification=(
        Verification("tests", passed=True),
        Verification("lint", passed=False, note="unknown: not run"),
    ),
    logs="sha256:abc",
    incidents=("none of note, see log",),
    next_steps=("Start P1.2", "Sign off P1"),
    decisions=(DecisionNote("merged", "approved by the Director"),),
)

# Every heading of the form, in its order.
FORM = re.compile(
    r"""\A\#\#\ \S+\ —\ [^\n]*\ —\ [^\n]*\n
\n\*\*Status:\*\*\ (PLANNED|IN\ PROGRESS|COMPLETED|FAILED)\n
\n\*\*Branch:\*\*\ ?[^\n]*\n
\*\*Commit:\*\*\ ?[^\n]*\n
\*\*Artifacts\ produced:\*\*\n(-\ ?[^\n]*\n)+
\n\*\*Commands\ run\ \(exact\):\*\*\n(?P<fence>`{3,})\n(?P<commands>.*?)^(?P=fence)\n
\n\n\*\*Verification\ results:\*\*\n(-\ [^\n]*:\ (PASS|FAIL)[^\n]*\n)*-\ Logs:\ [^\n]+\n
\n\*\*Incidents\ \(if\ any\):\*\*\n(-\ ?[^\n]*\n)+
\n\*\*Next\ steps:\*\*\n(\d+\.\ ?[^\n]*\n)+
\n\*\*Notes\ /\ decisions\ made:\*\*\n(-\ decision:\ ?[^\n]*\n-\ rationale:\ ?[^\n]*\n)+\Z""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def test_entry_render_has_exactly_the_form_of_the_template() -> None:
    """Seed 002, section 5: the exact Markdown template."""
    assert entry_render(ENTRY) == (
        "## 2026-01-02T03:04:05Z — P1.1 — Remove unused imports\n"
        "\n"
        "**Status:** COMPLETED\n"
        "\n"
        "**Branch:** feat/P1-unused-imports\n"
        f"**Commit:** {'a' * 40}\n"
        "**Artifacts produced:**\n"
        "- src/a.py\n"
        "- src/b.py\n"
        "\n"
        "**Commands run (exact):**\n"
        "```\n"
        "ruff check --fix\n"
        "pytest -q\n"
        "```\n"
        "\n"
        "\n"
        "**Verification results:**\n"
        "- tests: PASS\n"
        "- lint: FAIL (unknown: not run)\n"
        "- Logs: sha256:abc\n"
        "\n"
        "**Incidents (if any):**\n"
        "- none of note, see log\n"
        "\n"
        "**Next steps:**\n"
        "1. Start P1.2\n"
        "2. Sign off P1\n"
        "\n"
        "**Notes / decisions made:**\n"
        "- decision: merged\n"
        "- rationale: approved by the Director\n"
    )


def test_entry_render_says_none_where_there_is_nothing() -> None:
    text = entry_render(
        EntryData(
            time=datetime(2026, 1, 2, tzinfo=UTC),
            task="P1",
            title="t",
            status=EntryStatus.IN_PROGRESS,
            branch="b",
            commit="c",
        )
    )
    assert FORM.match(text)
    assert "- none\n" in text
    assert "1. none\n" in text
    assert "- Logs: none\n" in text


def test_entry_render_fence_is_longer_than_any_in_a_command() -> None:
    text = entry_render(replace(ENTRY, commands=("echo ````",)))
    assert "\n`````\necho ````\n`````\n" in text


_WORDS = st.text(max_size=30)
_MANY = st.lists(_WORDS, max_size=3).map(tuple)


@given(task=_WORDS, title=_WORDS, branch=_WORDS, artifacts=_MANY, commands=_MANY, steps=_MANY, logs=_WORDS)
def test_entry_render_keeps_its_form_whatever_the_values_say(
    *,
    task: str,
    title: str,
    branch: str,
    artifacts: tuple[str, ...],
    commands: tuple[str, ...],
    steps: tuple[str, ...],
    logs: str,
) -> None:
    entry = replace(
        ENTRY,
        task=task,
        title=title,
        branch=branch,
        artifacts=artifacts,
        commands=commands,
        next_steps=steps,
        incidents=artifacts,
        decisions=(DecisionNote(task, title),),
        verification=(Verification(title, passed=False, note=task),),
        logs=logs,
    )
    text = entry_render(entry)
    found = FORM.match(text)
    assert found is not None, text
    assert len(found["commands"].splitlines()) == len(commands)
    assert text.count("\n## ") == 0
    assert "<script" not in entry_render(replace(entry, title="<script>alert(1)</script>"))


def test_document_append_starts_and_extends_without_touching_what_is_there() -> None:
    entry = entry_render(ENTRY)
    first = document_append(None, entry)
    assert first == f"# Project state\n\n{entry}"
    assert document_append("  \n", entry) == first
    second = document_append(first, entry)
    assert second == f"{first}\n{entry}"
    assert document_append("# Mine\r\nno newline", entry) == f"# Mine\r\nno newline\n\n{entry}"
