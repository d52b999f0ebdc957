"""What a page of another origin may read."""

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from notifications.credentials import keys, tokens
from notifications.models import ApiKey

ORIGIN = "https://shop.example"


@pytest.fixture(autouse=True)
def key(db):
    return keys.make("shop", ["tokens"], origins=[ORIGIN, "https://*.firm.example"])[0]


def preflight(origin, path="/api/v1/inbox/actions", method="POST"):
    headers = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": "authorization,content-type",
    }
    return Client().options(path, headers=headers)


def allowed(answer):
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Origin" in answer["Vary"]
    return answer.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize("origin", [ORIGIN, "https://a.firm.example", "https://trusted.example"])
@pytest.mark.parametrize(
    "path", ["/api/v1/session", "/api/v1/inbox/actions", "/api/v1/inbox/events"]
)
def test_a_preflight_of_a_listed_origin_is_answered(origin, path, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example"]
    answer = preflight(origin, path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert allowed(answer) == origin
    assert {"Authorization", "Content-Type"} <= set(
        answer["Access-Control-Allow-Headers"].split(", ")
    )
    assert {"GET", "POST", "PATCH", "DELETE"} <= set(
        answer["Access-Control-Allow-Methods"].split(", ")
    )


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:444",
        "https://shop.example.evil.example",
        "https://firm.example",
        "null",
        "*",
        "",
        "http://testserver",
    ],
)
def test_a_preflight_of_any_other_is_not(origin):
    answer = preflight(origin)
    assert allowed(answer) is None
    assert "Access-Control-Allow-Headers" not in answer


def test_the_list_of_a_revoked_key_is_no_list():
    keys.revoke(ApiKey.objects.all())
    assert allowed(preflight(ORIGIN)) is None


def test_answers_may_be_read_where_a_token_may_be_used(alice, key):
    token, _ = tokens.issue(alice, origins=key.origins, api_key=key)
    bearer = {"authorization": f"Bearer {token}"}
    good = Client().get("/api/v1/session", headers=bearer | {"origin": ORIGIN})
    assert (good.status_code, allowed(good)) == (200, ORIGIN)
    assert "ETag" in good["Access-Control-Expose-Headers"]
    # That a token is over must be readable too, or nobody would renew it.
    over = Client().get(
        "/api/v1/session", headers={"authorization": "Bearer nt_x", "origin": ORIGIN}
    )
    assert (over.status_code, allowed(over)) == (401, ORIGIN)
    evil = Client().get("/api/v1/session", headers=bearer | {"origin": "https://evil.example"})
    assert (evil.status_code, allowed(evil)) == (403, None)


def test_no_page_may_be_read():
    answer = Client().get("/accounts/login/", headers={"origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in answer


def test_modules_and_styles_may_be_loaded_from_anywhere():
    assert finders.find("notifications/define.js")
    for name in ("define.js", "protocol.js", "bell.css"):
        answer = Client().get(
            f"/static/notifications/{name}", headers={"origin": "https://any.example"}
        )
        assert answer.status_code == 200
        assert answer["Access-Control-Allow-Origin"] == "*"
        answer.close()
