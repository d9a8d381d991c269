"""Signing in: lockout after five wrong passwords, a second factor where one is set, single sign-on against a provider of our own."""

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)

from keqiao.core import access
from keqiao.core.models import User

PASSWORD = "a-long-test-password"


def sign_in(client: Any, name: str, password: str) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password})


def test_five_wrong_passwords_lock_the_account_and_the_security_administrator_frees_it(
    people: SimpleNamespace, client: Any
) -> None:
    for _attempt in range(5):
        answer = sign_in(client, "officer", "wrong")
    assert answer.status_code in {403, 429}
    assert sign_in(client, "officer", PASSWORD).status_code in {403, 429}
    client.force_login(people.security)
    client.post(f"/admin/accounts/{people.officer.pk}/", {"do": "unlock"})
    client.logout()
    assert sign_in(client, "officer", PASSWORD).status_code == 302


def test_a_second_factor_is_asked_for_where_it_is_set(people: SimpleNamespace, client: Any) -> None:
    secret = generate_totp_secret()
    TOTP.activate(people.officer, secret)
    answer = sign_in(client, "officer", PASSWORD)
    assert answer.status_code == 302
    assert "2fa" in answer["Location"]
    assert client.get("/workspace/").status_code == 302, "the password alone must not open anything"
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    assert client.post(answer["Location"], {"code": code}).status_code == 302
    assert client.get("/workspace/").status_code == 200


ISSUER = "https://id.example.org"


@pytest.fixture
def provider(settings: Any) -> Any:
    """A stub identity provider that says whoever comes is 外来人."""
    app = {
        "provider_id": "sso",
        "name": "统一身份认证",
        "client_id": "keqiao",
        "secret": "s",
        "settings": {"server_url": ISSUER},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as stub:
        known = {
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "issuer": ISSUER,
        }
        stub.get(f"{ISSUER}/.well-known/openid-configuration", json=known)
        stub.post(f"{ISSUER}/token", json={"access_token": "t", "token_type": "Bearer"})
        stub.get(f"{ISSUER}/userinfo", body=json.dumps({"sub": "42", "name": "外来人", "preferred_username": "wailai"}))
        yield stub


def test_an_unknown_person_signed_in_by_the_provider_gets_no_role(db: Any, provider: Any, client: Any) -> None:
    start = client.get("/accounts/oidc/sso/login/")
    assert start.status_code == 302
    asked = urlsplit(start["Location"])
    assert asked.netloc == "id.example.org"
    state = parse_qs(asked.query)["state"][0]
    done = client.get("/accounts/oidc/sso/login/callback/", {"code": "c", "state": state})
    assert done.status_code == 302, done.content[:300]
    user = User.objects.get(socialaccount__uid="42")
    assert str(user) == "外来人"
    assert not access.powers(user).grants
    assert client.get("/cockpit/").status_code == 403
