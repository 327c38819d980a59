"""The rooms of the house and the libraries they stand on."""

# From the lowest floor up, as DESIGN section 3 lists them.
_ROOMS = [
    "audit",
    "jobs",
    "projects",
    "accounts",
    "findings",
    "plans",
    "prompts",
    "governance",
    "providers",
    "gates",
    "runs",
    "evidence",
    "approvals",
    "workflow",
    "api",
    "console",
]
ROOMS = [f"countersign.{room}" for room in _ROOMS]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # The pages of second factors tell dates with it.
    "django.contrib.humanize",
    # Django's admin, with the console's own site.
    "countersign.console.apps.ConsoleAdminConfig",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "rest_framework",
    "drf_spectacular",
    *ROOMS,
    "countersign.config",
]
