"""JSON on standard error, from the first line on, each with the correlation id (seed 001 P3.1)."""

from countersign.shared.env import environment

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "context": {"()": "countersign.shared.logs.ContextFilter"},
        "tracebacks": {"()": "countersign.shared.logs.TracebackFilter"},
    },
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": (
                "%(timestamp)s %(levelname)s %(name)s %(message)s "
                "%(correlation_id)s %(user_id)s %(service_name)s"
            ),
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": True,
        },
    },
    "handlers": {
        "stream": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["context"]},
    },
    "root": {"handlers": ["stream"], "level": environment().log_level},
    "loggers": {
        # Each attempt; what matters of it stands in the audit log.
        "axes": {"level": "WARNING"},
        # The access log is the middleware's, with the correlation id; Django's own repeats it without.
        "django.server": {"handlers": [], "propagate": False},
        # Likewise for answers that say 4xx or 5xx; what is worth keeping here is a traceback.
        "django.request": {"filters": ["tracebacks"]},
    },
}
