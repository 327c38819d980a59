"""The committed OpenAPI document is that of the code, valid, and complete enough to generate a client."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from rest_framework.test import APIClient

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.yaml"
MEND = (
    "docs/reference/openapi.yaml is not that of the code; run `.venv/bin/django-admin spectacular "
    "--settings countersign.config.settings --file docs/reference/openapi.yaml`"
)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text())
    return loaded


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, each in document["paths"].items()
        for method, operation in each.items()
    ]


def test_document_is_up_to_date(tmp_path: Path) -> None:
    from django.core.management import call_command

    target = tmp_path / "openapi.yaml"
    call_command("spectacular", "--file", str(target), "--validate", "--fail-on-warn", stderr=io.StringIO())
    assert target.read_text() == DOCUMENT.read_text(), MEND


def test_document_is_valid_openapi(document: dict[str, Any]) -> None:
    from openapi_spec_validator import validate

    assert document["openapi"].startswith("3.1")
    validate(document)


def test_operation_ids_are_unique_and_every_operation_may_answer_a_problem(document: dict[str, Any]) -> None:
    identifiers = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(identifiers) == len(set(identifiers))
    assert all(identifier.replace("_", "").isalnum() for identifier in identifiers)
    for path, _, operation in operations(document):
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, path


def test_every_post_but_the_logins_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        takes = {"$ref": "#/components/parameters/IdempotencyKey"} in operation.get("parameters", [])
        assert takes is (method == "post" and "/auth/" not in path), path


def test_enums_have_names_that_stay(document: dict[str, Any]) -> None:
    assert not [name for name in document["components"]["schemas"] if name.endswith("Enum")]


def test_every_field_of_an_answer_is_required(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    inputs = {name for name in schemas if name.endswith("Input")} | {"Problem"}
    for name, schema in schemas.items():
        if name not in inputs and schema.get("type") == "object":
            assert set(schema["required"]) == set(schema["properties"]), name


def test_document_is_served(db: None, client: APIClient) -> None:
    response = client.get("/api/v1/openapi.yaml")
    assert response.status_code == 200
    assert yaml.safe_load(response.content)["info"]["title"] == "Countersign"
