"""Who may log in, and how: django-allauth over the platform's own users; django-axes locks after failures."""

from datetime import timedelta

from countersign.shared.env import environment, single_sign_on


def single_sign_on_providers() -> dict[str, object]:
    """Return what django-allauth is told of the configured provider; nothing without one."""
    provider = single_sign_on()
    if not provider.issuer:
        return {}
    application = {
        "provider_id": "sso",
        "name": provider.name,
        "client_id": provider.client_id,
        "secret": provider.client_secret,
        "settings": {"server_url": provider.issuer},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [application]}}


AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    # First: what is locked is not even tried.
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
# Accounts are made by an administrator; an address is known to be right when the person uses its login.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "one_time_login": "30/m/ip",
    "stranger": "60/m/ip",
}
ACCOUNT_ADAPTER = "countersign.api.adapters.AccountAdapter"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Behind this prefix are a person's own pages: second factors, password.
ACCOUNT_LOGOUT_REDIRECT_URL = "/login"

# A second factor, and passkeys that log in. Credentials that decide are others.
MFA_ADAPTER = "countersign.api.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# Addresses are given by an administrator; nothing is sent to them.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Countersign"
# Browsers offer passkeys over plain HTTP on "localhost" only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not environment().secure_cookies

# Single sign-on. It finds people, it never makes them, and only by an address that the provider has verified.
SOCIALACCOUNT_ADAPTER = "countersign.api.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
# A link begins it: our pages' policy lets no form lead to another origin.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 30
SOCIALACCOUNT_PROVIDERS = single_sign_on_providers()

# Ten failures lock an address for half an hour, wherever they came from; the count is in the database. A
# login without a password (passkey, one-time link, single sign-on) still works: nobody stays locked out.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_CALLABLE = "countersign.api.adapters.lockout_name"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "email", "login"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
# What matters of it stands in the audit log.
AXES_VERBOSE = False
# W002: the login view itself answers a locked address, as a problem document. W006: the failures per network
# address are limited by ACCOUNT_RATE_LIMITS; here it is the account that is kept from being guessed.
SILENCED_SYSTEM_CHECKS = ["axes.W002", "axes.W006"]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
