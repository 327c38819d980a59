"""A person's own pages: second factors, passkeys, password, and the way back from single sign-on.

Only what an administrator's accounts can use is given an address: nobody signs up or changes an address.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.socialaccount import views as single_sign_on
from django.urls import include, path
from django.views.generic import RedirectView

from countersign.api.single_sign_on import passkey_login, single_sign_on_begin, single_sign_on_finish

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="mfa_index"), name="account_home"),
    # The web app's own page logs people in.
    path("login/", RedirectView.as_view(url="/login", query_string=True), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("2fa/webauthn/login/", passkey_login, name="mfa_login_webauthn"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sso/cancelled/", single_sign_on.login_cancelled, name="socialaccount_login_cancelled"),
    path("sso/error/", single_sign_on.login_error, name="socialaccount_login_error"),
    path("oidc/<str:provider_id>/login/", single_sign_on_begin, name="openid_connect_login"),
    path("oidc/<str:provider_id>/login/callback/", single_sign_on_finish, name="openid_connect_callback"),
]
