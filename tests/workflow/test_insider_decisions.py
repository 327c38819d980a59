"""An insider with superuser rights on the database against decisions: refused, and noticed by a stranger.

Every attack is tried twice. Once as it is: the executor merges nothing. And once with the executor's own
verification taken out, as if the insider had fooled it as well: what is merged then does not pass
``countersign-verify``, and the report says why.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.insider import Insider, Stranger, export_made, steps, told
from tests.workflow.insider_attacks import ATTACKS
from tests.workflow.sample import FILES
from tests.workflow.world import World

pytestmark = pytest.mark.needs("bwrap")

_CHECKS = {
    "countersign.workflow.steps.decision": (
        "approved_pack_verify",
        "intent_approved",
        "intent_logged",
        "intent_verify",
        "signoff_verify",
        "target_require",
    ),
    "countersign.workflow.reverification": ("intent_logged",),
    "countersign.workflow.verification": ("pack_of_run_require",),
}


@pytest.fixture
def insider(superuser_dsn: str) -> Insider:
    return Insider(superuser_dsn)


@pytest.fixture
def fooled(monkeypatch: pytest.MonkeyPatch) -> None:
    """An executor that verifies nothing any more."""
    for module, names in _CHECKS.items():
        for name in names:
            monkeypatch.setattr(f"{module}.{name}", lambda *_, **__: None)


@pytest.mark.parametrize("name", ATTACKS)
def test_decision_attack_is_refused_by_the_executor(waiting: World, insider: Insider, name: str) -> None:
    attack = ATTACKS[name]
    attack.act(waiting, insider)
    steps()
    assert waiting.run("F401").state != "merged"
    assert waiting.runs["F401"] not in waiting.source.git("log", "--format=%B", "main")
    assert waiting.source.text("src/sample/alpha.py") == FILES["src/sample/alpha.py"].strip()
    assert attack.refused in told(waiting)


@pytest.mark.usefixtures("fooled")
@pytest.mark.parametrize("name", ATTACKS)
def test_decision_attack_on_a_fooled_executor_is_noticed_by_a_stranger(
    waiting: World, insider: Insider, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger, attack = Stranger(tmp_path).keep(), ATTACKS[name]
    attack.act(waiting, insider)
    steps()
    assert waiting.run("F401").state == "merged", told(waiting)
    if attack.check == "export":
        with pytest.raises(AssertionError, match=attack.noticed):
            export_made(waiting)
        return
    failed = stranger.verify(export_made(waiting), capsys)
    assert attack.noticed in failed[attack.check]


def test_pack_of_another_run_is_not_the_runs(waiting: World) -> None:
    from types import SimpleNamespace

    from countersign.evidence.errors import PackDamaged
    from countersign.workflow.verification import pack_of_run_require

    run = waiting.run("F401")
    subject = {"run_id": run.id, "result_tree": run.result_tree}
    pack_of_run_require(SimpleNamespace(digest=run.pack_digest, subject=subject), run)  # type: ignore[arg-type]  # what is asked of a pack
    other = SimpleNamespace(digest=run.pack_digest, subject={**subject, "result_tree": "0" * 40})
    with pytest.raises(PackDamaged, match="another one than the run's"):
        pack_of_run_require(other, run)  # type: ignore[arg-type]  # as above
