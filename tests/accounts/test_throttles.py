import pytest


def refused(answer):
    assert int(answer["Retry-After"]) > 0
    return answer.status_code


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/login/"])
def test_an_address_may_try_to_sign_in_so_often(client, alice, settings, path):
    settings.LOGIN_RATE_PER_MIN = 3
    for number in range(3):
        # Each time another name: the lockout does not see it.
        form = {"username": f"user{number}", "password": "wrong"}
        assert client.post(path, form).status_code == 200
    assert refused(client.post(path, {"username": "alice", "password": "x"})) == 429
    spoofed = client.post(path, {}, headers={"x-forwarded-for": "10.1.2.3"})
    assert refused(spoofed) == 429
    assert client.post(path, {}, REMOTE_ADDR="10.9.9.9").status_code == 200
    assert client.get(path).status_code == 200
