"""Sealing the same inputs gives the same digest: in any order, in another process, at another time."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countersign.shared.env import environment
from countersign.shared.storage import DirectoryStore
from tests.unit.evidence.samples import contents, gate, pack_keep

_PROGRAM = """
import random, sys
from datetime import datetime, timedelta
from pathlib import Path
import django
django.setup()
from countersign_verify.pack import pack_draft, pack_seal
from countersign.evidence import sealing
from tests.unit.evidence.samples import contents
made = contents()
draft = pack_draft(sealing._members(made), sealing._subject(made), sealing._fields(made))
print(pack_seal(Path(sys.argv[1]), draft, sealing._statements(draft, made)).digest)
"""


def shuffled(value: Any, draw: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same value with the keys of every object in another order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key], draw) for key in draw(st.permutations(list(value)))}
    if isinstance(value, tuple | list):
        return type(value)(shuffled(item, draw) for item in value)
    return value


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_digest_does_not_depend_on_any_order(store: DirectoryStore, data: st.DataObject) -> None:
    made = contents(violations=({"rule": "R1", "text": "a"},), excluded=("a", "b", "c"))
    gates = (*made.gates, gate("types", "pass", made.result_tree, deep={"b": [{"y": 1, "x": 2}], "a": 1}))
    made = replace(made, gates=gates)
    turned = replace(
        made,
        base_tree=tuple(data.draw(st.permutations(made.base_tree))),
        entries=tuple(data.draw(st.permutations(made.entries))),
        environment=tuple(data.draw(st.permutations(made.environment))),
        excluded=tuple(data.draw(st.permutations(made.excluded))),
        gates=tuple(
            replace(item, report=shuffled(dict(item.report), data.draw))
            for item in data.draw(st.permutations(made.gates))
        ),
        **{
            name: shuffled(getattr(made, name), data.draw)
            for name in ("agent_call", "prompt_record", "policy", "risk_inputs", "violations")
        },
    )
    assert pack_keep(turned) == pack_keep(made)


@pytest.mark.parametrize(
    ("seed", "zone"), [("0", "UTC"), ("1", "Asia/Kathmandu"), ("4242", "America/St_Johns")]
)
def test_digest_is_the_same_in_another_process(
    store: DirectoryStore, tmp_path: Path, seed: str, zone: str
) -> None:
    """Another hash seed, another time zone, another locale, another moment."""
    variables = {
        **os.environ,
        "PYTHONHASHSEED": seed,
        "TZ": zone,
        "LC_ALL": "C",
        "COUNTERSIGN_KEYS_DIR": str(environment().keys_directory),
    }
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "pack.tar")]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == pack_keep(contents()).digest
