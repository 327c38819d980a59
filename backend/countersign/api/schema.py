"""What drf-spectacular can't see: any endpoint may answer a problem, a POST takes an Idempotency-Key."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from countersign.api.base import Output
from countersign.api.errors import PROBLEM
from countersign.api.idempotency import HEADER, MAX_KEY

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_AUTH_PREFIX = "/api/v1/auth/"


class Problem(Output):
    """An RFC 9457 problem document; a 500 carries `error` and `correlation_id` alone."""

    type = serializers.CharField(required=False)
    title = serializers.CharField(required=False)
    status = serializers.IntegerField(required=False)
    detail = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    error = serializers.CharField()
    correlation_id = serializers.CharField()


# An OpenAPI document is as free as JSON is.
def document_complete(
    result: dict[str, Any],
    generator: object,  # noqa: ARG001 - the library passes it
    request: object,  # noqa: ARG001 - the library passes it
    public: bool,  # noqa: ARG001, FBT001 - the library passes it
) -> dict[str, Any]:
    """Add problems and idempotency keys to the document (a post-processing hook)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _problem_schema()
    components["responses"] = {
        "Problem": {
            "description": "what went wrong and how to mend it",
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
    components["parameters"] = {
        "IdempotencyKey": {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": "a repeat with the same key gets the first answer again and does nothing",
            "schema": {"type": "string", "maxLength": MAX_KEY},
        }
    }
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if method not in _METHODS:
                continue
            # What a handler may raise is told to who reads the code; here every problem is told in one place.
            operation["description"] = operation.get("description", "").split("\n\nRaises:")[0]
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
            if method == "post" and not path.startswith(_AUTH_PREFIX):
                operation.setdefault("parameters", []).append(
                    {"$ref": "#/components/parameters/IdempotencyKey"}
                )
    components["schemas"] = dict(sorted(components["schemas"].items()))
    return result


def _problem_schema() -> dict[str, object]:
    properties: dict[str, dict[str, object]] = {}
    for name, field in Problem().fields.items():
        properties[name] = {"type": "integer" if isinstance(field, serializers.IntegerField) else "string"}
    properties["data"] = {"type": "object", "additionalProperties": {}}
    return {
        "type": "object",
        "description": Problem.__doc__,
        "properties": properties,
        "required": [name for name, field in Problem().fields.items() if field.required],
    }
