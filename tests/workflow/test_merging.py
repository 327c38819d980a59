"""From a decision to commits on the branch."""

from __future__ import annotations

import pytest

from tests.workflow.world import World, drive, events, failed_jobs

pytestmark = pytest.mark.needs("bwrap")


def test_approved_change_is_merged_once(waiting: World) -> None:
    base = waiting.source.head
    waiting.approve("F401")
    drive()
    merge = waiting.merge("F401")
    assert merge is not None
    assert failed_jobs() == []
    assert waiting.run("F401").state == "merged"
    assert waiting.source.head == merge.state_commit
    assert waiting.source.git("rev-parse", f"{merge.merge_commit}^1") == base
    assert waiting.source.merges == [merge.merge_commit]
    assert waiting.source.git("rev-parse", merge.tag) == merge.merge_commit
    assert waiting.source.git("status", "--porcelain") == ""
    assert "import os" not in waiting.source.text("src/sample/alpha.py")
    assert merge.merge_commit in waiting.source.text("docs/project_state.md")
    assert waiting.source.git("diff", "--name-only", merge.merge_commit, "main") == "docs/project_state.md"
    assert waiting.project.head_commit == merge.state_commit
    assert waiting.item("F401").state == "merged"
    assert events(waiting.runs["F401"])["run.merged"] == 1
