"""What a plan asks for: work waits for it, the agent gets it as data, and who answered does not decide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from countersign.approvals.errors import ApproverExcluded
from countersign.plans.errors import InputMissing, InputRefused, InputsMoved
from countersign.shared.errors import NotFound, PermissionDenied
from tests.workflow.insider import Insider, Stranger, export_made, steps, told
from tests.workflow.world import PLAN, PLATFORM, World, drive, sequence

if TYPE_CHECKING:
    from countersign.plans.contracts import InputAnswerData, WorkItemData
    from countersign.shared.actor import Actor
    from tests.workflow.conftest import Scene

pytestmark = pytest.mark.needs("bwrap")

ASKING = (
    PLAN.read_text().replace(
        "title: No unused imports\n", "title: No unused imports\n        needs: [Style, MIRROR_URL]\n"
    )
    + "inputs:\n  - {name: Style, text: how it is to look}\n  - {name: MIRROR_URL, kind: configuration}\n"
)


@pytest.fixture(scope="module")
def asking_scene(scene_after: Callable[[str, Callable[[World], World]], Scene]) -> Scene:
    """A project whose plan asks for two things, with a piece of work that waits for them."""

    def advance(world: World) -> World:
        from countersign.workflow.commands import plan_import, session_begin

        world.person("dora", "director")
        world.plan_id = plan_import(actor=world.operator, project="sample", text=ASKING, format="yaml").id
        session_begin(actor=world.operator, project="sample")
        drive()
        return world

    return scene_after("registered", advance)


@pytest.fixture
def asking(asking_scene: Scene, scenes: dict[str, Scene], scene: Callable[[str], World]) -> World:
    scenes["asking"] = asking_scene
    return scene("asking")


def waiting_item(rule: str = "F401") -> WorkItemData:
    from countersign.plans.selectors import work_item_list

    [item] = [one for one in work_item_list(actor=PLATFORM) if one.rules == (rule,)]
    return item


def answer(world: World, actor: Actor, name: str, value: str) -> InputAnswerData:
    from countersign.workflow.inputs import input_answer

    return input_answer(actor=actor, plan_id=world.plan_id, name=name, value=value)


def begun(world: World) -> None:
    """Begin the work and let it come to a request."""
    world.begin("F401", waiting_item())
    drive()


def test_run_begin_waits_for_answers_and_leaves_out_who_answered_a_requirement(
    asking: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from countersign.prompts.selectors import prompt_get
    from countersign.workflow.queries import request_detail

    stranger, dora = Stranger(tmp_path).keep(), asking.people["dora"]
    with pytest.raises(InputMissing, match="waits for Style, MIRROR_URL"):
        asking.begin("F401", waiting_item())
    with pytest.raises(InputRefused, match="looks like a secret"):
        answer(asking, dora, "Style", "AKIA" + "IOSFODNN7EXAMPLE")
    with pytest.raises(PermissionDenied):
        answer(asking, asking.auditor, "Style", "plain")
    answer(asking, dora, "MIRROR_URL", "https://mirror.example.org")
    answer(asking, asking.director, "Style", "``` plain and short")
    begun(asking)
    prompt = prompt_get(actor=PLATFORM, prompt_id=asking.run("F401").prompt_id).text
    assert "````untrusted-input\n" in prompt
    assert '"value": "``` plain and short"' in prompt
    request = asking.request("F401")
    assert asking.director.person_id in request.excluded
    assert dora.person_id not in request.excluded
    sequence()
    with pytest.raises(ApproverExcluded):
        asking.decide(request)
    blocked = request_detail(actor=asking.director, request_id=request.id).blocked_reason
    assert blocked is not None
    assert blocked.text == "you answered an input that it uses, so you can't decide on it"
    asking.decide(request, actor=dora)
    drive()
    assert asking.run("F401").state == "merged"
    assert stranger.verify(export_made(asking), capsys) == {}


def test_run_begin_stops_where_an_input_is_answered_meanwhile(
    asking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.workflow.inputs import plan_of
    from countersign.workflow.prompting import prompt_for

    answer(asking, asking.director, "Style", "plain")
    answer(asking, asking.director, "MIRROR_URL", "https://mirror.example.org")

    def late(**named: object) -> object:
        made = prompt_for(**named)  # type: ignore[arg-type]  # handed on as they are
        answer(asking, asking.director, "Style", "round")
        return made

    monkeypatch.setattr("countersign.workflow.commands.prompt_for", late)
    with pytest.raises(InputsMoved):
        asking.begin("F401", waiting_item())
    assert waiting_item().state == "ready"
    assert plan_of(actor=asking.operator, project="sample").id == asking.plan_id
    with pytest.raises(NotFound):
        plan_of(actor=asking.operator, project="another")


def test_input_json_has_of_a_secret_only_where_it_lies() -> None:
    from countersign.plans.contracts import InputData, InputState
    from countersign.workflow.inputs import input_json

    known = InputData(
        "i", "KEY", "to the\u200b lamp", InputState.KNOWN, "", "env:KEY", secret=True, optional=False
    )
    assert input_json(known) == {"name": "KEY", "what": "to the lamp", "pointer": "env:KEY"}


# --- somebody who rules the database --------------------------------------------------------------


def given_to_somebody_else(world: World, insider: Insider) -> None:
    """Whoever chose approves it, once the table says that the operator chose."""
    answer(world, world.director, "Style", "as I want it")
    insider.sql("UPDATE plans_inputanswer SET person_id = %s", world.operator.person_id)


def turned_into_configuration(world: World, insider: Insider) -> None:
    """The table says that the choice is an address before it is made, so that it excludes nobody."""
    insider.sql("UPDATE plans_planinput SET kind = 'configuration'")
    answer(world, world.director, "Style", "as I want it")


def put_into_the_plan(world: World, insider: Insider) -> None:
    """The answer is removed, and the table says that the plan had it all along."""
    answer(world, world.director, "Style", "as I want it")
    insider.sql("DELETE FROM plans_inputanswer WHERE name = 'Style'")
    insider.sql("UPDATE plans_planinput SET value = 'as I want it' WHERE name = 'Style'")


def reworded(world: World, insider: Insider) -> None:
    """The words of an answer are replaced; whoever gave it said something else."""
    answer(world, world.operator, "Style", "plain")
    insider.sql("UPDATE plans_inputanswer SET value = 'as the insider wants it' WHERE name = 'Style'")


_LEFT_OUT = "does not exclude everybody who took part"
_UNKNOWN = "nobody knows who gave it"


@pytest.mark.parametrize(
    ("act", "noticed"),
    [
        (given_to_somebody_else, _LEFT_OUT),
        (turned_into_configuration, _LEFT_OUT),
        (put_into_the_plan, _LEFT_OUT),
        (reworded, _UNKNOWN),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_answer_changed_in_the_tables_is_refused_and_noticed_by_a_stranger(
    asking: World,
    superuser_dsn: str,
    act: Callable[[World, Insider], None],
    noticed: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stranger = Stranger(tmp_path).keep()
    answer(asking, asking.people["dora"], "MIRROR_URL", "https://mirror.example.org")
    act(asking, Insider(superuser_dsn))
    begun(asking)
    request = asking.request("F401")
    assert asking.director.person_id not in request.excluded
    asking.decide(request)
    steps()
    assert asking.run("F401").state != "merged"
    assert noticed in told(asking)
    assert noticed in stranger.verify(export_made(asking), capsys)["participants"]
