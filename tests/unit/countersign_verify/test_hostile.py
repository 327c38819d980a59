"""Every hostile pack is refused for its reason, in a second of processor time and 200 MB."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.countersign_verify.hostile import Sound, cases, cases_write
from tests.unit.countersign_verify.second import Second, apart, pack_case

PEAK_BYTES = 200_000_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("hostile")
    cases_write(directory)
    return directory


@pytest.fixture(scope="module")
def answers(written: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.unit.countersign_verify.bounded", str(written)]
    result = subprocess.run(command, capture_output=True, check=True, timeout=300)
    return {answer["file"]: answer for answer in json.loads(result.stdout)}


def failures(answer: dict[str, Any]) -> list[str]:
    assert answer["report"] is not None, answer
    return [check["detail"] for check in answer["report"]["checks"] if check["status"] == "failed"]


def test_sound_pack_holds(answers: dict[str, Any]) -> None:
    assert answers["sound.tar"]["exit"] == 0


def test_hostile_packs_are_refused_for_their_reason_within_the_bounds(
    written: Path, answers: dict[str, Any]
) -> None:
    listed = json.loads((written / "cases.json").read_text())
    assert len(listed) > 150
    for case in listed:
        answer = answers[case["file"]]
        assert answer["exit"] == 1, (case, answer)
        assert answer["peak"] < PEAK_BYTES, (case, answer["peak"])
        named = failures(answer)
        assert any(case["words"] in text and f"[{case['code']}]" in text for text in named), (case, named)


@pytest.mark.needs("node")
def test_browser_refuses_hostile_packs_alike_within_the_bounds(
    written: Path, answers: dict[str, Any], second: Second
) -> None:
    trust = (written / "trust.json").read_bytes()
    idle = second.judge(pack_case(written / "sound.tar", trust))["rss"]
    for file, answer in answers.items():
        other = second.judge(pack_case(written / file, trust))
        difference = apart(answer["report"], other)
        assert not difference, (file, difference)
        assert other["rss"] - idle < PEAK_BYTES, (file, other["rss"], idle)


def test_hostile_packs_are_the_same_every_time(written: Path, tmp_path: Path) -> None:
    for case in cases(Sound(tmp_path / "sound.tar")):
        file = written / f"{case.name}.tar"
        if file.stat().st_size > 1_000_000:
            continue
        case.write(tmp_path / "again.tar")
        assert _digest(tmp_path / "again.tar") == _digest(file), case.name


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
