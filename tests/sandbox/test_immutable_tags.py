import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

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


async def test_setting_and_rules_are_replaced_together(request_as: RequestAs, sandbox: Sandbox) -> None:
    body = {"immutable_tags": True, "immutable_tags_rules": ["^v1\\.4", "stable"]}
    changed = await request_as("owner", "PATCH", RULES, json=body)
    assert changed.status_code == 200
    expected = {"enabled": True, "rules": ["^v1\\.4", "stable"]}
    assert changed.json()["immutable_tags_settings"] == expected
    assert (await request_as(None, "GET", CLI)).json()["immutable_tags_settings"] == expected
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data["rules"]) == ("repo.immutable_tags.update", "^v1\\.4,stable")
    body = {"immutable_tags": False, "immutable_tags_rules": []}
    changed = await request_as("owner", "PATCH", RULES, json=body)
    assert changed.json()["immutable_tags_settings"] == {"enabled": False, "rules": [".*"]}


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
async def test_rules_protect_tags_from_deletion(
    request_as: RequestAs, enabled: bool, rules: list[str], status: int
) -> None:
    await request_as("owner", "PATCH", RULES, json={"immutable_tags": enabled, "immutable_tags_rules": rules})
    assert (await request_as("owner", "DELETE", f"{CLI}/tags/v1.4.0")).status_code == status


async def test_setting_and_rules_are_required_and_validated(request_as: RequestAs) -> None:
    for body, field in [
        ({"immutable_tags": True}, "immutable_tags_rules"),
        ({"immutable_tags_rules": []}, "immutable_tags"),
        ({"immutable_tags": "yes", "immutable_tags_rules": []}, "immutable_tags"),
        ({"immutable_tags": True, "immutable_tags_rules": "v.*"}, "immutable_tags_rules"),
        ({"immutable_tags": True, "immutable_tags_rules": ["a,b"]}, "immutable_tags_rules"),
        *(
            ({"immutable_tags": True, "immutable_tags_rules": [rule]}, "immutable_tags_rules")
            for rule in NOT_RE2
        ),
    ]:
        response = await request_as("owner", "PATCH", RULES, json=body)
        assert (response.status_code, list(response.json()["fields"])) == (400, [field]), (body, field)
        settings = (await request_as(None, "GET", CLI)).json()["immutable_tags_settings"]
        assert settings == {"enabled": False, "rules": [".*"]}, (body, field)


async def test_a_rule_is_verified_without_effect(request_as: RequestAs) -> None:
    for regex, names in [
        (".*", ["latest", "v1.3.1", "v1.3.2", "v1.4.0"]),
        (r"^v1\.3", ["v1.3.1", "v1.3.2"]),
        ("at", ["latest"]),
        ("^(?:latest|v1.4.0)$", ["latest", "v1.4.0"]),
        (r"v1.4.0\z", ["v1.4.0"]),
        ("[[:x]]z", []),
    ]:
        response = await request_as("owner", "POST", VERIFY, json={"regex": regex})
        assert (response.status_code, response.json()) == (200, {"tags": names}), (regex, names)
        assert (await request_as(None, "GET", CLI)).json()["immutable_tags_settings"]["enabled"] is False, (
            regex,
            names,
        )


async def test_invalid_rules_are_not_verified(request_as: RequestAs) -> None:
    for body in [{}, {"regex": "a,b"}, {"regex": 5}, *({"regex": rule} for rule in NOT_RE2)]:
        response = await request_as("owner", "POST", VERIFY, json=body)
        assert (response.status_code, list(response.json()["fields"])) == (400, ["regex"]), body


async def test_access_to_the_rules(request_as: RequestAs) -> None:
    for method, path in [("PATCH", RULES), ("POST", VERIFY)]:
        for identity, status in [
            (None, 401),
            ("two-factor-pat", 403),
            ("member", 403),
            ("org-token", 403),
            ("owner-pat", 200),
        ]:
            body = {"immutable_tags": True, "immutable_tags_rules": [], "regex": "v"}
            assert (await request_as(identity, method, path, json=body)).status_code == status, (
                method,
                path,
                identity,
                status,
            )


async def test_an_organization_token_needs_the_scope_for_settings(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    resource = sandbox.state.organizations["acme"].access_tokens[0].resources[0]
    resource.scopes = ("scope-repository-settings-admin",)
    assert (await request_as("org-token", "POST", VERIFY, json={"regex": "v"})).status_code == 200
    assert (await request_as("org-token", "PATCH", CLI, json={"description": "x"})).status_code == 403
