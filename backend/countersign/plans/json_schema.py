"""The published form of a plan in YAML: a JSON Schema, made from the models that check it."""

import json
from typing import Final

from countersign.plans.document import PlanDocument
from countersign.shared.types import JSON

# The form's own name: editors and checkers tell by it which form a schema is of. It leads nowhere.
SCHEMA_ID: Final = "urn:countersign:plan:1"


def plan_schema() -> dict[str, JSON]:
    """Return the schema of a plan document.

    It says all that can be said of one part alone. What spans parts (codes that are used twice, circles of
    dependencies) only `countersign plan check` can see.
    """
    made: dict[str, JSON] = PlanDocument.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **made,
        "title": "Plan",
    }


def plan_schema_text() -> str:
    """Return the schema as it is published."""
    return json.dumps(plan_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
