"""Control groups as the two versions of their file system lay them out."""

import os
from pathlib import Path

import pytest

from countersign.sandbox import cgroups
from countersign.sandbox.cgroups import ROOT, group_for
from countersign.sandbox.contracts import Limits

LIMITS = Limits(memory_bytes=1 << 20, processes=7)


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Directories of a plain file system keep their files: nobody waits for them to go."""
    monkeypatch.setattr(cgroups, "_REMOVE_SECONDS", 0.01)


def test_group_of_version_two_is_one_directory(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").touch()
    with group_for(LIMITS, tmp_path) as group:
        assert group is not None
        (directory,) = group.directories
        assert (directory / "pids.max").read_text() == "11"
        assert (directory / "memory.max").read_text() == str(1 << 20)
        assert group.check(0, LIMITS) is None
        (directory / "memory.events").write_text("low 0\noom_kill 2\n")
        assert group.check(0, LIMITS) == "stopped: more than 1 MiB of memory"
        assert group.joined(("true",))[-3:] == (str(directory), "--", "true")
    assert (directory / "cgroup.kill").read_text() == "1"


def test_group_of_version_one_is_a_directory_of_each_controller(tmp_path: Path) -> None:
    for controller in ("pids", "memory"):
        (tmp_path / controller).mkdir()
    with group_for(LIMITS, tmp_path) as group:
        assert group is not None
        assert [directory.parent.name for directory in group.directories] == ["pids", "memory"]
        assert (group.directories[1] / "memory.limit_in_bytes").read_text() == str(1 << 20)


def test_group_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "pids").mkdir()
    with group_for(LIMITS, tmp_path) as group:
        assert group is None


@pytest.mark.skipif(not os.access(ROOT / "pids", os.W_OK), reason="no control group can be made here")
def test_real_group_is_gone_afterwards() -> None:
    with group_for(LIMITS) as group:
        assert group is not None
        assert all(directory.is_dir() for directory in group.directories)
    assert not any(directory.exists() for directory in group.directories)
