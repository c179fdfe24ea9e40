from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
ACME, OLDER = "/v2/namespaces/acme/repositories", "/v2/repositories/acme"
FROM_OAT = "token issued from organization access token is not allowed"


def grant(sandbox: Sandbox, *scopes: str) -> None:
    sandbox.state.organizations["acme"].access_tokens[0].resources[0].scopes += scopes


@pytest.mark.parametrize("path", [f"{ACME}/cli", f"{OLDER}/cli/"])
@pytest.mark.parametrize("who", ["owner", "owner-pat", "two-factor-pat"])
async def test_texts_are_changed_one_by_one(ask: Ask, sandbox: Sandbox, path: str, who: str) -> None:
    before = (await ask(None, "GET", f"{ACME}/cli")).json()
    changed = await ask(who, "PATCH", path, json={"description": "New"})
    assert (changed.status_code, changed.json()["description"]) == (200, "New")
    await ask(who, "PATCH", path, json={"full_description": "# Text"})
    after = (await ask(None, "GET", f"{ACME}/cli")).json()
    assert (after["description"], after["full_description"]) == ("New", "# Text")
    assert after["last_updated"] == before["last_updated"]
    assert after["last_modified"] != before["last_modified"]
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.name, event.actor) == (
        "repo.change.description",
        "acme/cli",
        sandbox.get_identity(who).username,
    )


async def test_texts_may_be_emptied(ask: Ask) -> None:
    changed = await ask("owner", "PATCH", f"{ACME}/cli", json={"description": "", "full_description": ""})
    assert (changed.json()["description"], changed.json()["full_description"]) == ("", "")


async def test_a_repository_is_switched_off_and_on(ask: Ask, sandbox: Sandbox) -> None:
    off = await ask("owner", "PATCH", f"{ACME}/cli", json={"status": 0})
    assert (off.json()["status"], off.json()["status_description"]) == (0, "inactive")
    assert sandbox.state.audit_events[-1].action == "repo.change.status"
    assert (await ask("owner", "PATCH", f"{ACME}/cli", json={"status": 1})).json()["status"] == 1


async def test_a_repository_without_images_cannot_be_activated(ask: Ask) -> None:
    refused = await ask("owner", "PATCH", f"{ACME}/next-generation", json={"status": 1, "description": "x"})
    assert (refused.status_code, refused.json()["text"]) == (
        400,
        "a repository without images cannot be activated",
    )
    assert (await ask(None, "GET", f"{ACME}/next-generation")).json()["description"] != "x"


@pytest.mark.parametrize(
    "change",
    [
        {"description": "d" * 101},
        {"full_description": "d" * 25_001},
        {"description": 5},
        {"status": 2},
        {"status": True},
        {"status": "active"},
    ],
)
async def test_invalid_values_are_named(ask: Ask, change: dict[str, Any]) -> None:
    answer = await ask("owner", "PATCH", f"{ACME}/cli", json=change)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(change))


@pytest.mark.parametrize(
    ("who", "repository", "status"),
    [
        (None, "cli", 401),
        ("reader-pat", "cli", 403),
        ("public-pat", "cli", 403),
        ("outsider", "cli", 403),
        ("outsider", "storefront", 404),
        ("member", "cli", 403),
        ("member", "storefront", 200),
        ("org-token", "cli", 403),
        ("owner", "nope", 404),
    ],
)
async def test_who_may_change_a_text(ask: Ask, who: str | None, repository: str, status: int) -> None:
    answer = await ask(who, "PATCH", f"{ACME}/{repository}", json={"description": "New"})
    assert answer.status_code == status


async def test_an_organization_token_with_the_scope_changes_texts(ask: Ask, sandbox: Sandbox) -> None:
    grant(sandbox, "scope-repository-edit")
    assert (await ask("org-token", "PATCH", f"{ACME}/cli", json={"description": "x"})).status_code == 200
    assert (await ask("org-token", "DELETE", f"{ACME}/cli")).status_code == 403
    older = await ask("org-token", "PATCH", f"{OLDER}/cli/", json={"description": "x"})
    assert (older.status_code, older.json()["message"]) == (403, FROM_OAT)


async def test_a_token_for_all_public_repositories_changes_its_own_alone(ask: Ask, sandbox: Sandbox) -> None:
    resource = sandbox.state.organizations["acme"].access_tokens[0].resources[0]
    resource.path, resource.scopes = "*/*/public", ("scope-repository-edit",)
    redis = "/v2/namespaces/library/repositories/redis"
    assert (await ask("org-token", "PATCH", redis, json={"description": "x"})).status_code == 403
    assert (await ask("org-token", "PATCH", f"{ACME}/cli", json={"description": "x"})).status_code == 200
    assert (await ask("org-token", "PATCH", f"{ACME}/mailer", json={"description": "x"})).status_code == 404


async def test_the_older_path_takes_rules_as_one_text(ask: Ask) -> None:
    body = {"description": "x", "immutable_tags": True, "immutable_tags_rules": "v.*,stable"}
    changed = (await ask("owner-pat", "PATCH", f"{OLDER}/cli/", json=body)).json()
    assert changed["immutable_tags_settings"] == {"enabled": True, "rules": ["v.*", "stable"]}
    assert changed["description"] == "x"
    assert (await ask("two-factor-pat", "PATCH", f"{OLDER}/cli/", json=body)).status_code == 403


@pytest.mark.parametrize("change", [{"description": "d" * 101}, {"immutable_tags_rules": "["}])
async def test_a_change_happens_as_a_whole_or_not_at_all(ask: Ask, change: dict[str, str]) -> None:
    before = (await ask("owner", "GET", f"{ACME}/cli")).json()
    body = {"description": "x", "immutable_tags": True, "immutable_tags_rules": "v.*"} | change
    refused = await ask("owner", "PATCH", f"{OLDER}/cli/", json=body)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, list(change))
    assert (await ask("owner", "GET", f"{ACME}/cli")).json() == before


@pytest.mark.parametrize(("path", "status"), [(f"{ACME}/cli", 204), (f"{OLDER}/cli/", 202)])
@pytest.mark.parametrize("who", ["owner", "owner-pat"])
async def test_a_repository_is_deleted(ask: Ask, sandbox: Sandbox, path: str, status: int, who: str) -> None:
    gone = await ask(who, "DELETE", path)
    assert (gone.status_code, gone.content) == (status, b"")
    assert (await ask(who, "GET", f"{ACME}/cli")).status_code == 404
    assert (await ask(who, "DELETE", path)).status_code == 404
    assert (await ask(who, "GET", ACME)).json()["count"] == 11
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.description) == ("repo.delete", "deleted the repository acme/cli")


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("two-factor-pat", 403), ("member", 403), ("outsider", 403)]
)
async def test_others_delete_nothing(ask: Ask, who: str | None, status: int) -> None:
    for path in (f"{ACME}/cli", f"{OLDER}/cli/", f"{ACME}/cli/tags/latest", f"{OLDER}/cli/tags/latest/"):
        assert (await ask(who, "DELETE", path)).status_code == status
    assert (await ask(who, "POST", f"{OLDER}/cli/privacy", json={"is_private": True})).status_code == status
    assert (await ask(None, "GET", f"{ACME}/cli/tags/latest")).status_code == 200


async def test_organization_tokens_delete_with_the_scope_and_not_under_older_paths(
    ask: Ask, sandbox: Sandbox
) -> None:
    assert (await ask("org-token", "DELETE", f"{ACME}/cli/tags/latest")).status_code == 403
    grant(sandbox, "scope-tag-admin", "scope-repository-admin")
    for path in (f"{OLDER}/cli/tags/latest/", f"{OLDER}/cli/"):
        refused = await ask("org-token", "DELETE", path)
        assert (refused.status_code, refused.json()["message"]) == (403, FROM_OAT)
    refused = await ask("org-token", "POST", f"{OLDER}/cli/privacy", json={"is_private": True})
    assert (refused.status_code, refused.json()["message"]) == (403, FROM_OAT)
    assert (await ask("org-token", "DELETE", f"{ACME}/cli/tags/latest")).status_code == 204
    assert (await ask("org-token", "DELETE", f"{ACME}/cli")).status_code == 204


@pytest.mark.parametrize("path", [f"{ACME}/cli/tags/latest", f"{OLDER}/cli/tags/latest/"])
async def test_a_tag_is_deleted_and_its_aliases_stay(ask: Ask, sandbox: Sandbox, path: str) -> None:
    gone = await ask("owner-pat", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    tags = (await ask(None, "GET", f"{ACME}/cli/tags")).json()
    assert [tag["name"] for tag in tags["results"]] == ["v1.4.0", "v1.3.2", "v1.3.1"]
    assert (await ask("owner-pat", "DELETE", path)).status_code == 404
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data) == ("repo.tag.delete", {"tag": "latest"})


async def test_immutable_tags_cannot_be_deleted(ask: Ask) -> None:
    tags = f"{ACME}/billing-api/tags"
    refused = await ask("owner", "DELETE", f"{tags}/v1.4.0")
    assert (refused.status_code, refused.json()) == (
        403,
        {
            "message": "immutable tags cannot be deleted",
            "errinfo": {"namespace": "acme", "repository": "billing-api", "tag": "v1.4.0"},
        },
    )
    assert (await ask("owner", "GET", f"{tags}/v1.4.0")).status_code == 200
    assert (await ask("owner", "DELETE", f"{tags}/latest")).status_code == 204


async def test_privacy_is_set(ask: Ask, sandbox: Sandbox) -> None:
    hidden = await ask("owner-pat", "POST", f"{OLDER}/cli/privacy", json={"is_private": True})
    assert (hidden.status_code, hidden.json()["is_private"]) == (200, True)
    assert (await ask(None, "GET", f"{ACME}/cli")).status_code == 404
    assert sandbox.state.audit_events[-1].action == "repo.privacy.set_private"
    shown = await ask("owner-pat", "POST", f"{OLDER}/cli/privacy/", json={"is_private": False})
    assert shown.json()["is_private"] is False
    assert sandbox.state.audit_events[-1].action == "repo.privacy.set_public"
    events = len(sandbox.state.audit_events)
    await ask("owner-pat", "POST", f"{OLDER}/cli/privacy", json={"is_private": False})
    assert len(sandbox.state.audit_events) == events
    refused = await ask("owner", "POST", f"{OLDER}/cli/privacy", json={})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["is_private"])


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", f"{OLDER}/cli"), ("DELETE", f"{OLDER}/cli"), ("DELETE", f"{OLDER}/cli/tags/latest")],
)
async def test_older_paths_without_the_slash_are_redirected(ask: Ask, method: str, path: str) -> None:
    answer = await ask("owner", method, path, json={})
    assert (answer.status_code, answer.headers["location"]) == (301, f"http://localhost{path}/")
    assert (await ask(None, "GET", f"{ACME}/cli/tags/latest")).status_code == 200
