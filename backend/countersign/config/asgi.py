"""One ASGI application for the embedded form: Django's WSGI side mounted through a2wsgi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from a2wsgi import WSGIMiddleware

from countersign.config.wsgi import application as django_application

if TYPE_CHECKING:
    from a2wsgi.asgi_typing import HTTPScope, Receive, ReceiveEvent, Send, SendEvent

# The stubs of the two describe the same WSGI callable in different words.
_django = WSGIMiddleware(django_application, workers=16)  # type: ignore[arg-type]


async def application(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Answer a request.

    Granian hands over awaitables, and a2wsgi schedules coroutines from its threads: hence the two wrappers.
    """

    async def receive_coroutine() -> ReceiveEvent:
        return await receive()

    async def send_coroutine(event: SendEvent) -> None:
        await send(event)

    await _django(scope, receive_coroutine, send_coroutine)
