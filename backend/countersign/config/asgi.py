"""One ASGI application for the embedded form: Django's WSGI side mounted through a2wsgi."""

from a2wsgi import WSGIMiddleware

from countersign.config.wsgi import application as django_application

# The stubs of the two describe the same WSGI callable in different words.
application = WSGIMiddleware(django_application, workers=16)  # type: ignore[arg-type]
