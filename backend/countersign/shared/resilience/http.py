"""The one HTTP client for calls to JSON services (DESIGN section 8).

Every call has a time-out, and transient failures are tried again with growing pauses: a connection that
breaks, 502, 503 and 504, and 429 after what ``Retry-After`` asks for. A request that changes something is
only repeated under its ``Idempotency-Key``.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from countersign.shared.boundary import outside_call
from countersign.shared.clock import now
from countersign.shared.errors import DomainError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# The shape of an answer is the called service's matter; the caller knows its document.
Json = dict[str, Any]

TIMEOUT_SECONDS = 30.0
ATTEMPTS = 3
_BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
_TRANSIENT = frozenset({429, 502, 503, 504})
_EXPONENTIAL = wait_exponential(multiplier=1, min=1, max=10)


class CallFailed(DomainError):
    """The service answered, and the answer is a refusal; ``data`` holds its problem document."""

    code = "call_failed"
    status = 502


class ServiceUnavailable(Unavailable):
    """The service did not answer in time, in every attempt."""

    code = "service_unavailable"


class _Transient(Exception):
    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Transient) and error.retry_after is not None:
        return min(error.retry_after, 30.0)
    return _EXPONENTIAL(state)


def _retry_after(value: str) -> float | None:
    """Return the seconds that the header asks for, as a number or a date; nonsense asks for nothing."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - now()).total_seconds())


@dataclass(slots=True)
class JsonClient:
    """Calls one JSON service.

    Attributes:
        base_url: what every path is appended to.
        headers: sent with every call, such as ``Authorization``.
        timeout: seconds for the connection, and for each wait on bytes of the answer.
        sleep: how a pause is made.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = TIMEOUT_SECONDS
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def get(self, path: str, **query: str | int) -> Json:
        """Return the JSON answer of a GET.

        Raises:
            CallFailed: the service refused.
            ServiceUnavailable: it did not answer in every attempt.
        """
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, object]) -> Json:
        """Return the JSON answer of a POST; a repeat after a broken connection is made under the same key.

        Raises:
            CallFailed: the service refused.
            ServiceUnavailable: it did not answer in every attempt.
        """
        return self._call("POST", path, body=body, extra={"Idempotency-Key": str(uuid.uuid4())})

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Json:
        attempts = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=_pause,
            sleep=self.sleep,
            retry=retry_if_exception_type(_Transient),
            reraise=True,
        )
        try:
            return attempts(self._once, method, path, query, body, {**self.headers, **(extra or {})})
        except _Transient as error:
            message = f"{self.base_url} does not answer: {error}"
            raise ServiceUnavailable(message) from error

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str],
    ) -> Json:
        outside_call(self.base_url)
        try:
            response = requests.request(
                method,
                f"{self.base_url}{path}",
                params=dict(query or {}),
                json=body,
                headers=dict(headers),
                timeout=self.timeout,
                allow_redirects=False,
            )
        except _BROKEN as error:
            raise _Transient(type(error).__name__) from error
        except requests.RequestException as error:
            message = f"{self.base_url} can't be called: {type(error).__name__}"
            raise CallFailed(message) from error
        if response.status_code in _TRANSIENT:
            after = _retry_after(response.headers.get("Retry-After", ""))
            raise _Transient(f"HTTP {response.status_code}", after)
        data = self._json(response)
        if not response.ok:
            text = str(data.get("error") or data.get("detail") or f"HTTP {response.status_code}")
            raise CallFailed(text, http_status=response.status_code, problem=data)
        return data

    def _json(self, response: requests.Response) -> Json:
        try:
            data = response.json() if response.content else {}
        except requests.JSONDecodeError as error:
            message = f"{self.base_url} answered HTTP {response.status_code} with something that is no JSON"
            raise CallFailed(message, http_status=response.status_code) from error
        return data if isinstance(data, dict) else {"items": data}
