"""What a plan asks for: who needs it, who may answer, and what waits until then."""

import uuid

import pytest
from django.db import DatabaseError, transaction

from countersign.audit.selectors import event_list
from countersign.plans.contracts import InputKind, InputsForWork, InputState, PlanData, WorkItemData
from countersign.plans.difference import changes_between
from countersign.plans.errors import InputMissing, InputRefused, InputsMoved, PlanInvalid, PlanOutdated
from countersign.plans.importer import plan_parse
from countersign.plans.inputs import inputs_for
from countersign.plans.models import InputAnswer, PlanInput
from countersign.plans.selectors import inputs_of_work, plan_get
from countersign.plans.services import (
    inputs_hold,
    plan_import,
    plan_input_answer,
    work_item_move,
    work_item_start,
    work_items_create,
)
from countersign.shared.actor import Actor
from countersign.shared.errors import NotFound, PermissionDenied
from tests.unit.plans.samples import PLAN, draft

NEEDS = (
    PLAN.replace("    title: Hygiene\n", "    title: Hygiene\n    needs: [Database]\n")
    .replace(
        "        title: No unused imports\n",
        "        title: No unused imports\n        needs: [port, HINT]\n",
    )
    .replace("        title: Order\n", "        title: Order\n        needs: [Shape]\n")
)
INPUTS = """\
inputs:
  - {name: Database, text: which one}
  - {name: Port, value: '5432', kind: configuration}
  - {name: HINT, optional: true}
  - {name: LAMP_TOKEN}
  - {name: Shape}
  - {name: Server, value: a machine at home}
"""


def person(*roles: str, **changes: object) -> Actor:
    known: dict[str, object] = {"id": str(uuid.uuid4()), "label": "Pat", "person_id": str(uuid.uuid4())}
    return Actor(kind="person", roles=frozenset(roles), **(known | changes))  # type: ignore[arg-type]  # by name


@pytest.fixture
def asking(project_id: str, operator: Actor) -> PlanData:
    return plan_import(actor=operator, project_id=project_id, text=NEEDS + INPUTS)


@pytest.fixture
def item(asking: PlanData, worker: Actor) -> WorkItemData:
    return item_of(asking, worker)


def item_of(plan: PlanData, worker: Actor) -> WorkItemData:
    session = str(uuid.uuid4())
    [made] = work_items_create(
        actor=worker, project_id=plan.project_id, session_id=session, items=[draft(plan)]
    )
    return made


def test_plan_import_knows_of_each_input_its_kind_and_who_needs_it(asking: PlanData, worker: Actor) -> None:
    found = {one.name: (one.kind.value, one.needed_by, one.lacking) for one in asking.inputs}
    assert found == {
        "Database": ("requirement", ("phase P1",), True),
        "Port": ("configuration", ("deliverable P1.1",), False),
        "HINT": ("requirement", ("deliverable P1.1",), False),
        # Nobody names it: the whole plan waits. A name of a secret makes it configuration.
        "LAMP_TOKEN": ("configuration", (), True),
        "Shape": ("requirement", ("deliverable P3.1",), True),
        "Server": ("requirement", (), False),
    }
    assert (asking.phases[0].needs, asking.phases[0].deliverables[0].needs) == (
        ("Database",),
        ("port", "HINT"),
    )
    [event] = event_list(actor=worker, type="plan.imported")
    assert event.data["requirements"] == ["Database", "HINT", "Shape", "Server"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("[Databse]", "needs 'Databse', which is none of this plan's inputs"), ("[Port, PORT]", "'PORT' twice")],
)
def test_plan_import_refuses_needs_that_cannot_be(
    project_id: str, operator: Actor, wrong: str, message: str
) -> None:
    with pytest.raises(PlanInvalid, match=message):
        plan_import(actor=operator, project_id=project_id, text=NEEDS.replace("[port, HINT]", wrong) + INPUTS)


def test_changes_between_name_needs_and_kinds() -> None:
    before = plan_parse(NEEDS + INPUTS, "yaml")
    after = plan_parse(
        NEEDS.replace("[Database]", "[Database, Server]")
        + INPUTS.replace("text: which one", "kind: configuration"),
        "yaml",
    )
    changes = changes_between(before, after)
    said = {(change.part, change.name): [field.name for field in change.fields] for change in changes}
    assert said == {("input", "Database"): ["text", "kind"], ("phase", "Hygiene"): ["needs"]}


def test_work_item_start_waits_for_the_inputs_it_needs_and_begins_after_the_answers(
    asking: PlanData, item: WorkItemData, operator: Actor, worker: Actor
) -> None:
    director = person("director")
    with pytest.raises(InputMissing, match="waits for Database, LAMP_TOKEN") as refused:
        work_item_start(actor=worker, work_item_id=item.id)
    assert refused.value.data["missing"] == ["Database", "LAMP_TOKEN"]
    with pytest.raises(InputMissing):
        work_item_move(actor=worker, work_item_id=item.id, expected="proposed", to="running")
    assert [one.name for one in inputs_of_work(actor=operator, work_item_id=item.id).used] == ["Port"]
    plan_input_answer(actor=director, plan_id=asking.id, name="lamp_token", pointer=" vault:lamp/token ")
    given = plan_input_answer(actor=director, plan_id=asking.id, name="Database", value=" PostgreSQL ")
    assert (given.value, given.number, given.kind) == ("PostgreSQL", 1, InputKind.REQUIREMENT)
    read = inputs_of_work(actor=operator, work_item_id=item.id)
    assert {one.name: one.value or one.pointer for one in read.used} == {
        "Database": "PostgreSQL",
        "Port": "5432",
        "LAMP_TOKEN": "vault:lamp/token",
    }
    # Whoever gave configuration takes no part; whoever chose the database does.
    assert read.participants == {director.person_id}
    assert read.as_told()[0] == {"name": "Database", "answer": given.id, "digest": given.digest}
    assert read.as_told()[1] == {"name": "Port", "answer": None, "digest": None}
    work_item_start(actor=worker, work_item_id=item.id)


def test_plan_input_answer_is_told_to_the_log_without_its_value_and_can_be_replaced(
    asking: PlanData, item: WorkItemData, worker: Actor
) -> None:
    first, second = person("operator"), person("admin", token_id="t", minted_by=str(uuid.uuid4()))
    plan_input_answer(actor=first, plan_id=asking.id, name="Database", value="SQLite")
    read = inputs_of_work(actor=worker, work_item_id=item.id)
    again = plan_input_answer(actor=second, plan_id=asking.id, name="Database", value="PostgreSQL")
    database = next(one for one in plan_get(actor=worker, plan_id=asking.id).inputs if one.name == "Database")
    assert (database.value, database.state) == ("PostgreSQL", InputState.KNOWN)
    assert [(one.number, one.value) for one in database.answers] == [(1, "SQLite"), (2, "PostgreSQL")]
    newest, _ = event_list(actor=worker, type="plan.input_answered")
    assert newest.data == {
        "project_id": asking.project_id,
        "code": "PLAN",
        "input": "Database",
        "answer_id": again.id,
        "number": 2,
        "kind": "requirement",
        "digest": again.digest,
        "pointer": False,
    }
    # What was replaced was chosen by somebody as well.
    now = inputs_of_work(actor=worker, work_item_id=item.id)
    assert now.participants == {first.person_id, second.person_id, second.minted_by}
    with transaction.atomic():
        inputs_hold(project_id=asking.project_id, work_item_id=item.id, read=now)
        with pytest.raises(InputsMoved, match="Start it again"):
            inputs_hold(project_id=asking.project_id, work_item_id=item.id, read=read)
        with pytest.raises(NotFound):
            inputs_hold(project_id=asking.project_id, work_item_id=str(uuid.uuid4()), read=now)
    for change in (
        lambda: InputAnswer.objects.update(value="mine"),
        lambda: InputAnswer.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match=r"only ever added|permission denied"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("name", "given", "field", "message"),
    [
        ("Database", {}, "value", "is empty"),
        ("LAMP_TOKEN", {"value": " "}, "pointer", "is empty"),
        ("LAMP_TOKEN", {"value": "sesame"}, "value", "never typed here"),
        ("Database", {"value": "a", "pointer": "env:B"}, "value", "not both"),
        ("Database", {"value": "x" * 2001}, "value", "at most 2000"),
        ("Database", {"pointer": "env:" + "x" * 500}, "pointer", "at most 500"),
        ("Database", {"value": "a\0b"}, "value", "can't be kept"),
        ("LAMP_TOKEN", {"pointer": "sesame"}, "pointer", "env:"),
        ("LAMP_TOKEN", {"pointer": "https://lamp"}, "pointer", "vault:"),
    ],
)
def test_plan_input_answer_refuses_what_it_cannot_keep(
    asking: PlanData, name: str, given: dict[str, str], field: str, message: str
) -> None:
    with pytest.raises(InputRefused, match=message) as refused:
        plan_input_answer(actor=person("director"), plan_id=asking.id, name=name, **given)
    assert refused.value.data["field"] == field
    assert not InputAnswer.objects.exists()


def test_plan_input_answer_refuses_who_may_not_and_what_is_not_there(
    asking: PlanData, operator: Actor, worker: Actor
) -> None:
    for actor in (person("auditor"), person("cab_member"), worker):
        with pytest.raises(PermissionDenied):
            plan_input_answer(actor=actor, plan_id=asking.id, name="Database", value="x")
    director = person("director")
    with pytest.raises(NotFound, match=r"no input 'Datenbank'\. It has: Database, Port"):
        plan_input_answer(actor=director, plan_id=asking.id, name="Datenbank", value="x")
    with pytest.raises(NotFound):
        plan_input_answer(actor=director, plan_id=str(uuid.uuid4()), name="Database", value="x")
    plan_import(actor=operator, project_id=asking.project_id, text=NEEDS + INPUTS + "\n")
    with pytest.raises(PlanOutdated, match=r"PLAN version 1 was replaced by PLAN version 2\. Answer"):
        plan_input_answer(actor=director, plan_id=asking.id, name="Database", value="x")


def test_plan_input_answer_holds_in_later_versions_until_they_say_otherwise(
    asking: PlanData, item: WorkItemData, operator: Actor, worker: Actor
) -> None:
    director = person("director")
    plan_input_answer(actor=director, plan_id=asking.id, name="Database", value="PostgreSQL")
    plan_input_answer(actor=director, plan_id=asking.id, name="Shape", value="round")

    def later(inputs: str) -> PlanData:
        return plan_import(actor=operator, project_id=asking.project_id, text=NEEDS + inputs)

    def values(plan: PlanData) -> dict[str, str]:
        return {one.name: one.value for one in plan_get(actor=worker, plan_id=plan.id).inputs}

    same = later(INPUTS + "\n")
    assert (values(same)["Database"], values(same)["Shape"]) == ("PostgreSQL", "round")
    # The text of a later version is newer than the answer; and of a secret no value counts.
    other = later(
        INPUTS.replace("text: which one", "value: SQLite").replace("Shape}", "Shape, secret: true}")
    )
    assert (values(other)["Database"], values(other)["Shape"]) == ("SQLite", "")
    plan_input_answer(actor=director, plan_id=other.id, name="Database", value="MariaDB")
    assert values(other)["Database"] == "MariaDB"
    # Work that an earlier version proposed takes the newest answer as well.
    used = {one.name: one.value for one in inputs_of_work(actor=worker, work_item_id=item.id).used}
    assert used["Database"] == "MariaDB"


def test_inputs_for_work_outside_of_a_plan_are_none(db: None) -> None:
    assert inputs_for(None) == InputsForWork()


def test_kind_of_an_input_cannot_be_another_word(asking: PlanData) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanInput.objects.filter(plan_id=asking.id).update(kind="whim")


def test_markdown_knows_addresses_and_paths_by_their_names() -> None:
    from tests.unit.plans.markdown_samples import BATCHES

    text = BATCHES.replace(
        "TOWER_HEIGHT (in metres).", "LAMP_URL (where it shines).\n\nTOWER_HEIGHT (in metres)."
    )
    kinds = {one.name: one.kind_meant for one in plan_parse(text, "markdown").inputs}
    assert kinds["LAMP_URL"] == kinds["Lamp port"] == kinds["LAMP_API_KEY"] == "configuration"
    assert kinds["TOWER_HEIGHT"] == kinds["Lamp"] == "requirement"
