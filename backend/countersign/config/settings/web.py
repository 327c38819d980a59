"""HTTP: hosts, cookies, headers, static files."""

from countersign.shared.env import environment, repository_root

SECRET_KEY = environment().secret_key
DEBUG = environment().debug
ALLOWED_HOSTS = list(environment().allowed_hosts)
CSRF_TRUSTED_ORIGINS = [environment().base_url]
ROOT_URLCONF = "countersign.config.urls"
WSGI_APPLICATION = "countersign.config.wsgi.application"
MIDDLEWARE = [
    "countersign.api.middleware.CorrelationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "countersign.api.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "countersign.config.middleware.AttributionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the libraries' own pages, which they restyle.
        "DIRS": [repository_root() / "backend" / "countersign" / "api" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = environment().secure_cookies
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = environment().secure_cookies
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
STATIC_URL = "/static/"
STATICFILES_DIRS = [("ui", environment().ui_directory)] if environment().ui_directory.is_dir() else []
# The finders serve the built UI and the admin's files straight from where they are: no collecting step.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
# The build puts a digest into these names: what has the name never changes.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/ui/assets/"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
