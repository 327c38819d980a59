"""Where everything is put together: settings, URLs, Celery, ASGI."""
