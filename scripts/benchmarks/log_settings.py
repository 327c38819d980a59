"""The platform's settings, with the library beside that the audit log is measured against."""

from countersign.config.settings import *  # noqa: F403 - settings modules are merged by star import
from countersign.config.settings import INSTALLED_APPS as _INSTALLED_APPS

INSTALLED_APPS = [*_INSTALLED_APPS, "auditlog"]
