"""Celery carries job ids; the truth about what must run is in PostgreSQL (DESIGN section 4, rule 3)."""

from countersign.shared.env import environment

CELERY_BROKER_URL = environment().redis_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "countersign"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "visibility_timeout": 60,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_BEAT_SCHEDULE = {
    "dispatch-due-jobs": {
        "task": "countersign.workflow.tasks.jobs_dispatch",
        "schedule": 2.0,
        "options": {"expires": 10},
    },
    "watch-merge-queues": {
        "task": "countersign.workflow.tasks.queues_watch",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
}
