"""The Celery application."""

from celery import Celery

from countersign.shared.env import django_settings_ensure

django_settings_ensure()

app = Celery("countersign")
# The web serves each request in a thread of a pool: there the current application is the default one.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["countersign.workflow"])
