"""Second factors and passkeys, with a virtual authenticator in a real browser."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import AUDITOR, AUDITOR_PASSWORD, Screen, Stage

pytestmark = [pytest.mark.needs("bwrap", "chromium"), pytest.mark.slow, pytest.mark.timeout(600)]


def authenticator_add(page: Page) -> None:
    """Give the browser a platform authenticator whose owner always agrees (W3C WebAuthn section 11.2)."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def password_login(page: Page) -> None:
    page.get_by_label("Email").fill(AUDITOR)
    page.get_by_role("textbox", name="Password").fill(AUDITOR_PASSWORD)
    page.keyboard.press("Enter")


def test_passkey_is_added_logs_in_and_is_asked_for_after_the_password(stage: Stage, screen: Screen) -> None:
    page = screen.page
    # Browsers offer passkeys on names, not on numbers.
    screen.url = f"http://localhost:{urlsplit(stage.url).port}"
    authenticator_add(page)
    screen.open("/login?next=/runs")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()
    screen.picture("login-ways")
    password_login(page)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()

    page.get_by_role("link", name="Ada Auditor").click()
    expect(page.get_by_role("heading", name="Two-Factor Authentication")).to_be_visible()
    screen.picture("second-factors-empty")
    page.locator("section", has_text="Security Keys").get_by_role("link", name="Add").click()
    page.get_by_placeholder("Password").fill(AUDITOR_PASSWORD)
    screen.picture("confirm-access")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    screen.picture("passkey-add")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    screen.picture("recovery-codes")
    page.goto(f"{screen.url}/account/2fa/")
    expect(page.get_by_text("You have added 1 security key.")).to_be_visible()
    screen.picture("second-factors")

    page.context.clear_cookies(name="sessionid")
    screen.open("/login?next=/runs")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()

    page.context.clear_cookies(name="sessionid")
    screen.open("/login?next=/runs")
    password_login(page)
    expect(page.get_by_role("button", name="Use a security key")).to_be_visible()
    screen.picture("second-factor-asked")
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()

    # The same person logs in without it in other tests.
    page.goto(f"{screen.url}/account/2fa/webauthn/")
    page.get_by_role("link", name="Remove").click()
    confirm = page.get_by_placeholder("Password")
    if confirm.count():
        confirm.fill(AUDITOR_PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    screen.picture("passkey-remove")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No security keys have been added.")).to_be_visible()


def test_passkey_is_not_offered_on_a_numeric_address(stage: Stage, screen: Screen) -> None:
    screen.open("/login")
    expect(screen.page.get_by_label("Email")).to_be_visible()
    expect(screen.page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
