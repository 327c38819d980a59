"""``Idempotency-Key`` on every POST: a repeat gets the first answer again and does nothing."""

from __future__ import annotations

import hashlib
import json
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from countersign.api.authentication import actor_of
from countersign.jobs.idempotency import idempotency_begin, idempotency_finish, idempotency_release
from countersign.shared.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

    from countersign.api.base import ApiView


View = TypeVar("View", bound="ApiView")
Rest = ParamSpec("Rest")

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MAX_KEY = 200
_KEPT_HEADERS = ("Location",)


class IdempotencyKeyInvalid(InvalidInput):
    """The header's value is too long."""

    code = "idempotency_key_invalid"


def idempotent(
    handler: Callable[Concatenate[View, Request, Rest], Response],
) -> Callable[Concatenate[View, Request, Rest], Response]:
    """Let ``handler`` (a POST) run once a key; without the header it runs as often as it is asked."""

    @wraps(handler)
    def run_once(view: View, request: Request, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Response:
        key = request.headers.get(HEADER, "")
        if not key:
            return handler(view, request, *args, **kwargs)
        if len(key) > MAX_KEY:
            raise IdempotencyKeyInvalid(f"{HEADER} may have {MAX_KEY} characters at most")
        user_id = actor_of(request).id
        stored = idempotency_begin(user_id=user_id, key=key, request_digest=_digest(request))
        if stored is not None:
            headers = {**stored.headers, REPLAYED: "true"}
            return Response(stored.response, status=stored.status, headers=headers)
        try:
            response = handler(view, request, *args, **kwargs)
        except BaseException:
            # What failed changed nothing: the same key may try again.
            idempotency_release(user_id=user_id, key=key)
            raise
        idempotency_finish(
            user_id=user_id,
            key=key,
            status=response.status_code,
            response=json.loads(JSONRenderer().render(response.data)),
            headers={name: response[name] for name in _KEPT_HEADERS if name in response},
        )
        return response

    run_once.idempotent = True  # type: ignore[attr-defined]  # a mark that a test looks for on every POST
    return run_once


def _digest(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    text = f"{request.method}\n{request.get_full_path()}\n{body}"
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
