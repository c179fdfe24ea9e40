"""Sign-ins for the accounts that requests bring: the limit per user name, and values that are not secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.http_requests import Headers, basic
from tests.support.web_servers import Running, call, routed, served

Serve = Callable[..., Any]
ME = call("create_auth_token")


@pytest.fixture
def serve(sandbox_url: str) -> Serve:
    def serving(environment: dict[str, str] | None = None, **options: Any) -> Any:
        variables = {"DOCKERHUB_API_URL": sandbox_url, **(environment or {})}
        return served(environment=variables, **({"identity": "request", "access": "admin"} | options))

    return serving


async def post(web: Running, headers: Headers) -> Any:
    async with web.http() as http:
        return await http.post("/mcp", json=ME, headers=routed(ME) | headers)


async def test_at_most_three_sign_ins_of_a_name_fail(serve: Serve, sandbox: Sandbox) -> None:
    async with serve() as web:
        names = ["ada", "Ada", "ADA", " ada", "ada"]
        answers = await asyncio.gather(
            *(post(web, basic(name, f"dckr_pat_wrong{number}")) for number, name in enumerate(names))
        )
        assert sandbox.login_count == 3
        assert sorted(answer.status_code for answer in answers) == [401, 401, 401, 429, 429]
        for answer in answers:
            if answer.status_code == 429:
                assert 0 < int(answer.headers["retry-after"]) <= 600
                assert "3 failed within 10 minutes" in answer.json()["error"]["message"]
            assert "dckr_pat_wrong" not in answer.text
        # Even the right secret waits now, which keeps Docker from locking the name; others do not wait.
        assert (await post(web, basic("ada", "sandbox-password-ada"))).status_code == 429
        assert (await post(web, basic("linus", "dckr_pat_sandbox_reader"))).status_code == 200
        assert sandbox.login_count == 4


async def test_wrong_secrets_do_not_shut_an_account_out(serve: Serve, sandbox: Sandbox) -> None:
    async with serve() as web:
        assert (await post(web, basic("ada", "sandbox-password-ada"))).status_code == 200
        for number in range(5):
            answer = await post(web, basic("ada", f"dckr_pat_wrong{number}"))
            assert answer.status_code == (401 if number < 2 else 429)
        sandbox.revoke_bearer_tokens()
        assert (await post(web, basic("ada", "sandbox-password-ada"))).status_code == 200
    assert sandbox.login_count <= 4


async def test_a_locked_name_is_not_a_wrong_secret(serve: Serve, sandbox: Sandbox) -> None:
    body = '{"detail": "Too many failed login attempts. Try again in 10 minutes."}'
    sandbox.faults.add(match="/v2/auth/token", status=429, body=body)
    async with serve() as web:
        for _ in range(3):
            answer = await post(web, basic("ada", "sandbox-password-ada"))
            assert answer.status_code == 429
            assert 590 < int(answer.headers["retry-after"]) <= 600
            assert "Docker has locked the name" in answer.json()["error"]["message"]
    assert sandbox.login_count == 1


async def test_values_that_cannot_be_secrets_are_refused(serve: Serve, sandbox: Sandbox) -> None:
    async with serve() as web:
        for secret in (
            *("${DOCKERHUB_TOKEN}", "${input:dockerhub-token}", "$DOCKERHUB_TOKEN", "%DOCKERHUB_TOKEN%"),
            *("<your token>", "your-token-here", "xxxxxxxx", '"dckr_pat_abc"', "Bearer dckr_pat_abc"),
        ):
            named = {"x-dockerhub-username": "ada", "x-dockerhub-token": secret}
            for headers, source in ((basic("ada", secret), "The token of"), (named, "X-DockerHub-Token")):
                answer = await post(web, headers)
                assert answer.status_code == 400
                message = answer.json()["error"]["message"]
                assert message.startswith(f"{source}")
                assert "nothing was sent" in message
                assert secret not in message
        answer = await post(web, basic("${DOCKERHUB_USERNAME}", "dckr_pat_abc"))
        assert answer.status_code == 400
    assert sandbox.login_count == 0
