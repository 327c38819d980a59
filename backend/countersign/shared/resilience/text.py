"""Calls to services that speak plain text, such as witnesses."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from countersign.shared.boundary import outside_call

MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """Status and text of an answer."""

    status: int
    text: str


def text_post(url: str, body: bytes, *, timeout: float) -> TextAnswer:
    """Send bytes once and return the answer, whatever its status; redirections are not followed.

    Raises:
        OSError: no answer, or one that is too large or no text.
    """
    outside_call(url)
    with requests.post(url, data=body, timeout=timeout, allow_redirects=False, stream=True) as response:
        data = response.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        if len(data) > MAX_ANSWER_BYTES:
            message = f"{url} answers with more than {MAX_ANSWER_BYTES} bytes"
            raise OSError(message)
        try:
            return TextAnswer(response.status_code, data.decode("utf-8"))
        except UnicodeDecodeError as error:
            message = f"{url} answers with something that is not UTF-8"
            raise OSError(message) from error
