from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
CLI = "/v2/namespaces/acme/repositories/cli"
RULES, VERIFY = f"{CLI}/immutabletags", f"{CLI}/immutabletags/verify"
NOT_RE2 = [
    "[",
    "(?=v)",
    "(?!v)",
    "(?<=v)",
    "(?<!v)",
    r"(v)\1",
    "v++",
    "(?>v)",
    "v{1001}",
    "v" * 3 + "(",
    r"v\Z",
]


async def test_switch_and_rules_are_replaced_together(ask: Ask, sandbox: Sandbox) -> None:
    body = {"immutable_tags": True, "immutable_tags_rules": ["^v1\\.4", "stable"]}
    changed = await ask("owner", "PATCH", RULES, json=body)
    assert changed.status_code == 200
    expected = {"enabled": True, "rules": ["^v1\\.4", "stable"]}
    assert changed.json()["immutable_tags_settings"] == expected
    assert (await ask(None, "GET", CLI)).json()["immutable_tags_settings"] == expected
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data["rules"]) == ("repo.immutable_tags.update", "^v1\\.4,stable")
    body = {"immutable_tags": False, "immutable_tags_rules": []}
    changed = await ask("owner", "PATCH", RULES, json=body)
    assert changed.json()["immutable_tags_settings"] == {"enabled": False, "rules": []}


@pytest.mark.parametrize(
    ("enabled", "rules", "status"),
    [
        (True, ["v1"], 403),
        (True, ["^1"], 204),
        (True, ["^1", "4"], 403),
        (True, [".*"], 403),
        (True, [], 403),
        (False, ["v1"], 204),
    ],
)
async def test_rules_say_what_can_be_deleted(ask: Ask, enabled: bool, rules: list[str], status: int) -> None:
    await ask("owner", "PATCH", RULES, json={"immutable_tags": enabled, "immutable_tags_rules": rules})
    assert (await ask("owner", "DELETE", f"{CLI}/tags/v1.4.0")).status_code == status


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"immutable_tags": True}, "immutable_tags_rules"),
        ({"immutable_tags_rules": []}, "immutable_tags"),
        ({"immutable_tags": "yes", "immutable_tags_rules": []}, "immutable_tags"),
        ({"immutable_tags": True, "immutable_tags_rules": "v.*"}, "immutable_tags_rules"),
        ({"immutable_tags": True, "immutable_tags_rules": ["a,b"]}, "immutable_tags_rules"),
        *(
            ({"immutable_tags": True, "immutable_tags_rules": [rule]}, "immutable_tags_rules")
            for rule in NOT_RE2
        ),
    ],
)
async def test_both_are_needed_and_must_be_good(ask: Ask, body: dict[str, Any], field: str) -> None:
    answer = await ask("owner", "PATCH", RULES, json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    settings = (await ask(None, "GET", CLI)).json()["immutable_tags_settings"]
    assert settings == {"enabled": False, "rules": []}


@pytest.mark.parametrize(
    ("regex", "names"),
    [
        (".*", ["latest", "v1.3.1", "v1.3.2", "v1.4.0"]),
        (r"^v1\.3", ["v1.3.1", "v1.3.2"]),
        ("at", ["latest"]),
        ("^(?:latest|v1.4.0)$", ["latest", "v1.4.0"]),
        (r"v1.4.0\z", ["v1.4.0"]),
        ("[[:x]]z", []),
    ],
)
async def test_a_rule_is_tried_out_without_effect(ask: Ask, regex: str, names: list[str]) -> None:
    answer = await ask("owner", "POST", VERIFY, json={"regex": regex})
    assert (answer.status_code, answer.json()) == (200, {"tags": names})
    assert (await ask(None, "GET", CLI)).json()["immutable_tags_settings"]["enabled"] is False


@pytest.mark.parametrize("body", [{}, {"regex": "a,b"}, {"regex": 5}, *({"regex": rule} for rule in NOT_RE2)])
async def test_a_bad_rule_is_not_tried_out(ask: Ask, body: dict[str, Any]) -> None:
    answer = await ask("owner", "POST", VERIFY, json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["regex"])


@pytest.mark.parametrize(("method", "path"), [("PATCH", RULES), ("POST", VERIFY)])
@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 401), ("two-factor-pat", 403), ("member", 403), ("org-token", 403), ("owner-pat", 200)],
)
async def test_who_may_rule(ask: Ask, method: str, path: str, who: str | None, status: int) -> None:
    body = {"immutable_tags": True, "immutable_tags_rules": [], "regex": "v"}
    assert (await ask(who, method, path, json=body)).status_code == status


async def test_an_organization_token_needs_a_scope_of_its_own(ask: Ask, sandbox: Sandbox) -> None:
    resource = sandbox.state.organizations["acme"].access_tokens[0].resources[0]
    resource.scopes = ("scope-repository-settings-admin",)
    assert (await ask("org-token", "POST", VERIFY, json={"regex": "v"})).status_code == 200
    assert (await ask("org-token", "PATCH", CLI, json={"description": "x"})).status_code == 403
