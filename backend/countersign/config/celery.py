"""The Celery application."""

from celery import Celery

from countersign.shared.env import django_settings_ensure

django_settings_ensure()

app = Celery("countersign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["countersign.workflow"])
