"""The published JSON Schema of a plan is that of the code, and says the same of a document."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

import countersign.cli
from countersign.plans.checks import STUB_WORDS
from countersign.plans.document import PlanDocument
from countersign.plans.importer import plan_parse
from countersign.plans.json_schema import plan_schema, plan_schema_text
from tests.unit.plans.markdown_samples import BATCHES, PHASES
from tests.unit.plans.samples import PLAN

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "plan.schema.json"
DEMO = Path(countersign.cli.__path__[0]) / "demo" / "plan.yaml"


def test_published_schema_is_the_code_s() -> None:
    assert PUBLISHED.read_text() == plan_schema_text(), (
        "write it again: countersign plan schema > docs/reference/plan.schema.json"
    )


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(plan_schema())


@pytest.mark.parametrize("text", [PLAN, DEMO.read_text()], ids=["sample", "demo"])
def test_schema_accepts_what_the_importer_accepts(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text), plan_schema())


@pytest.mark.parametrize("text", [PHASES, BATCHES], ids=["phases", "batches"])
def test_plan_from_markdown_has_the_form_of_the_schema(text: str) -> None:
    """A plan that was read from Markdown can be written down in YAML, and is the same plan."""
    plan = plan_parse(text, "markdown")
    data = plan.model_dump(mode="json", exclude_none=True)
    jsonschema.validate(data, plan_schema())
    assert plan_parse(yaml.safe_dump(data, allow_unicode=True)) == plan


def changed(path: list[str | int], value: object) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(PLAN)
    inner: Any = data
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["code"], "a b"),
        (["who"], "me"),
        (["phases"], []),
        (["phases", 0, "deliverables"], []),
        (["phases", 0, "planned_start"], "soon"),
        (["phases", 0, "deliverables", 0, "acceptance_criteria", 0, "check"], {"kind": "magic"}),
        (["phases", 0, "gates", 0, "check"], {"kind": "findings_zero"}),
        (["phases", 0, "gates", 0, "check"], {"kind": "coverage_at_least", "percent": 101}),
        (["phases", 0, "gates", 0, "check"], {"kind": "attested", "references": ["hearsay"]}),
        (["phases", 0, "gates", 0, "kind"], "wish"),
        (["inputs"], [{"name": "A", "pointer": "the secret itself"}]),
    ],
)
def test_schema_and_models_refuse_the_same(path: list[str | int], value: object) -> None:
    data = changed(path, value)
    with pytest.raises(ValidationError):
        PlanDocument.model_validate(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, plan_schema())


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["phases", 0, "planned_start"], "2026-02-30", "day is out of range"),
        (["phases", 0, "files"], [{"path": "/etc/passwd"}], "must stay inside the project"),
        (["phases", 0, "gates", 0, "check"], {"kind": "files_exist", "paths": ["../x"]}, "must stay inside"),
        (["phases", 0, "deliverables", 0, "selector"], None, "needs to know which findings"),
        (["inputs"], [{"name": "LAMP_TOKEN", "value": "sesame"}], "a secret never stands in a plan"),
        (["inputs"], [{"name": "Lamp", "value": "x", "secret": True}], "a secret never stands in a plan"),
        (["inputs"], [{"name": "Lamp", "value": "x", "pointer": "env:LAMP"}], "a value or a pointer"),
    ],
)
def test_models_refuse_what_a_schema_cannot_say(path: list[str | int], value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PlanDocument.model_validate(changed(path, value))


def test_phase_that_ends_before_it_starts_is_refused() -> None:
    data = changed(["phases", 0, "planned_start"], "2026-02-02")
    data["phases"][0]["planned_end"] = "2026-02-01"
    with pytest.raises(ValidationError, match="before it starts"):
        PlanDocument.model_validate(data)


def test_words_of_unfinished_work_have_a_default() -> None:
    data = changed(["phases", 0, "gates", 0, "check"], {"kind": "no_stubs"})
    check = PlanDocument.model_validate(data).phases[0].gates[0].check
    assert check.model_dump()["words"] == list(STUB_WORDS)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("OPENAI_API_KEY", True),
        ("deploy-token", True),
        ("Admin password", True),
        ("Signing keys", True),
        ("Key contact", False),
        ("Monkey", False),
        ("Token limit", False),
    ],
)
def test_name_of_a_secret_is_known_by_its_end(name: str, secret: bool) -> None:
    data = changed(["inputs"], [{"name": name, "value": "x"}])
    if not secret:
        assert PlanDocument.model_validate(data).inputs[0].value == "x"
        return
    with pytest.raises(ValidationError, match="a secret never stands in a plan"):
        PlanDocument.model_validate(data)
