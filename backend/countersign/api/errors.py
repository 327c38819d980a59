"""Every error becomes one kind of answer: an RFC 9457 problem document."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404, JsonResponse
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, PermissionDenied, ValidationError
from rest_framework.response import Response

from countersign.shared.correlation import correlation_id
from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

logger = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
_TYPE = "https://countersign.dev/problems/"
_DATA_RESERVED = frozenset({"type", "title", "status", "detail", "code", "error", "correlation_id"})


class InvalidRequest(DomainError):
    """The request body or query does not have the form that the endpoint takes."""

    code = "invalid_input"
    status = 400


def problem(
    status: int, code: str, message: str, data: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the body of a problem document."""
    body: dict[str, object] = {
        "type": f"{_TYPE}{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "code": code,
        "error": message,
        "correlation_id": correlation_id(),
    }
    if data:
        body["data"] = {name: value for name, value in data.items() if name not in _DATA_RESERVED}
    return body


def server_error_body() -> dict[str, object]:
    """Return all that a 500 says."""
    return {"error": "Internal server error", "correlation_id": correlation_id()}


def problem_response(error: Exception, context: Mapping[str, object]) -> Response:
    """Answer a failed request (DRF's exception handler)."""
    status, body, headers = _describe(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE:
        logger.error("unexpected failure", exc_info=error, extra={"view": type(context.get("view")).__name__})
        status, body = HTTPStatus.INTERNAL_SERVER_ERROR, server_error_body()
    return Response(body, status=status, headers=headers, content_type=PROBLEM)


def _describe(error: Exception) -> tuple[int, dict[str, object], dict[str, str]]:
    if isinstance(error, DomainError):
        return error.status, problem(error.status, error.code, error.message, error.data), {}
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, DjangoPermissionDenied):
        error = PermissionDenied()
    if isinstance(error, ValidationError):
        message = "the request is not valid: " + "; ".join(_lines(error.detail))
        data = {"fields": _plain(error.detail)}
        return error.status_code, problem(error.status_code, InvalidRequest.code, message, data), {}
    if isinstance(error, APIException):
        detail = error.detail
        code = str(detail.code if isinstance(detail, ErrorDetail) else error.default_code)
        return error.status_code, problem(error.status_code, code, str(detail)), _headers(error)
    return HTTPStatus.INTERNAL_SERVER_ERROR, {}, {}


def _headers(error: APIException) -> dict[str, str]:
    headers = {}
    challenge = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = str(challenge)
    wait = getattr(error, "wait", None)
    if wait:
        headers["Retry-After"] = str(int(wait))
    return headers


def _lines(detail: object, prefix: str = "") -> list[str]:
    if isinstance(detail, dict):
        return [line for name, value in detail.items() for line in _lines(value, f"{prefix}{name}: ")]
    if isinstance(detail, list):
        return [line for value in detail for line in _lines(value, prefix)]
    return [f"{prefix}{detail}"]


def _plain(detail: object) -> object:
    if isinstance(detail, dict):
        return {str(name): _plain(value) for name, value in detail.items()}
    if isinstance(detail, list):
        return [_plain(value) for value in detail]
    return str(detail)


def not_found(request: HttpRequest) -> JsonResponse:
    """Answer an address that does not exist."""
    message = f"there is nothing at {request.path}"
    return JsonResponse(
        problem(HTTPStatus.NOT_FOUND, "not_found", message), status=HTTPStatus.NOT_FOUND, content_type=PROBLEM
    )


def server_error(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django passes it
    """Answer a failure outside any API view (Django's ``handler500``)."""
    return JsonResponse(server_error_body(), status=HTTPStatus.INTERNAL_SERVER_ERROR, content_type=PROBLEM)
