from pathlib import Path

import pytest
import yaml

from countersign.providers.errors import AdapterInvalid
from countersign.providers.profiles import (
    SHIPPED,
    adapter_can,
    adapter_definition,
    adapter_from,
    profiles_load,
)
from countersign.shared.types import JSON


def definition() -> dict[str, JSON]:
    return adapter_definition(profiles_load()[0])


def test_profiles_load_ruff_is_a_tool_without_a_model() -> None:
    ruff = profiles_load()[0]
    assert (ruff.code, ruff.model, ruff.deterministic) == ("ruff", None, True)
    assert "no model" in ruff.says
    assert "--no-unsafe-fixes" in ruff.command
    assert ruff.digest.startswith("sha256:")


def test_adapter_from_gives_the_adapter_back() -> None:
    ruff = profiles_load()[0]
    assert adapter_from(adapter_definition(ruff)) == ruff


@pytest.mark.parametrize(
    ("rules", "tool", "expected"),
    [
        (["F401"], None, True),
        (["F401", "E713"], "ruff", True),
        (["F401"], "bandit", False),
        (["E501"], None, False),
        (["FURB101"], None, False),
        (["F401", "D100"], None, False),
        ([], None, False),
    ],
)
def test_adapter_can_only_what_it_says(rules: list[str], tool: str | None, expected: bool) -> None:
    assert adapter_can(profiles_load()[0], rules, tool=tool) is expected


@pytest.mark.parametrize(
    "change",
    [
        {"command": ["ruff", "{secret}"]},
        {"rules": ["F("]},
        {"code": "Ruff it"},
        {"kind": "magic"},
        {"unknown": 1},
        {"wall_seconds": 0},
        {"ok_exit_codes": []},
    ],
)
def test_adapter_from_refuses_a_profile_that_is_not_well_formed(change: dict[str, JSON]) -> None:
    with pytest.raises(AdapterInvalid):
        adapter_from({**definition(), **change})


@pytest.mark.parametrize("text", ["", "adapters: []", "adapters: [", "adapters: [{code: x}]"])
def test_profiles_load_refuses_a_bad_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "profiles.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AdapterInvalid, match=r"profiles\.yaml"):
        profiles_load(path)


def test_profiles_load_refuses_a_missing_file_and_a_double_code(tmp_path: Path) -> None:
    with pytest.raises(AdapterInvalid):
        profiles_load(tmp_path / "none.yaml")
    twice = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    twice["adapters"] *= 2
    path = tmp_path / "twice.yaml"
    path.write_text(yaml.safe_dump(twice), encoding="utf-8")
    with pytest.raises(AdapterInvalid, match="one code twice"):
        profiles_load(path)
