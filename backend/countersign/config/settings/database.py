"""PostgreSQL, under the role that this process was given; Redis as the shared cache."""

from countersign.shared.env import database_address, environment

_address = database_address()

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _address.host,
        "PORT": _address.port,
        "NAME": _address.name,
        "USER": _address.user,
        "PASSWORD": _address.password,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # No statement runs away, and no transaction sits idle: a long one would stall the sequencer.
        "OPTIONS": {
            "connect_timeout": 5,
            "options": "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000",
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": environment().redis_url,
        "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 5},
    },
}
