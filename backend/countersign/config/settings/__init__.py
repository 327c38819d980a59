"""Django's settings, one file per topic."""

from countersign.config.settings.apps import *  # noqa: F403 - settings modules are merged by star import
from countersign.config.settings.auth import *  # noqa: F403
from countersign.config.settings.celery import *  # noqa: F403
from countersign.config.settings.database import *  # noqa: F403
from countersign.config.settings.logs import *  # noqa: F403
from countersign.config.settings.rest import *  # noqa: F403
from countersign.config.settings.web import *  # noqa: F403
