"""Where everything is put together: settings, URLs, Celery, ASGI."""

# Every process that reads the settings can hand jobs to the workers.
from countersign.config.celery import app as celery_app

__all__ = ["celery_app"]
