from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs, get_actor

ACME, OLDER = "/v2/namespaces/acme/repositories", "/v2/repositories/acme"
FROM_OAT = "token issued from organization access token is not allowed"


def grant_scopes(sandbox: Sandbox, *scopes: str) -> None:
    sandbox.state.organizations["acme"].access_tokens[0].resources[0].scopes += scopes


@pytest.mark.parametrize("path", [f"{ACME}/cli", f"{OLDER}/cli/"])
@pytest.mark.parametrize("identity", ["owner", "owner-pat", "two-factor-pat"])
async def test_descriptions_are_changed_separately(
    request_as: RequestAs, sandbox: Sandbox, path: str, identity: str
) -> None:
    before = (await request_as(None, "GET", f"{ACME}/cli")).json()
    changed = await request_as(identity, "PATCH", path, json={"description": "New"})
    assert (changed.status_code, changed.json()["description"]) == (200, "New")
    await request_as(identity, "PATCH", path, json={"full_description": "# Text"})
    after = (await request_as(None, "GET", f"{ACME}/cli")).json()
    assert (after["description"], after["full_description"]) == ("New", "# Text")
    assert after["last_updated"] == before["last_updated"]
    assert after["last_modified"] != before["last_modified"]
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.name, event.actor) == (
        "repo.change.description",
        "acme/cli",
        get_actor(sandbox, identity),
    )


async def test_descriptions_may_be_empty(request_as: RequestAs) -> None:
    changed = await request_as(
        "owner", "PATCH", f"{ACME}/cli", json={"description": "", "full_description": ""}
    )
    assert (changed.json()["description"], changed.json()["full_description"]) == ("", "")


async def test_a_repository_is_deactivated_and_activated(request_as: RequestAs, sandbox: Sandbox) -> None:
    off = await request_as("owner", "PATCH", f"{ACME}/cli", json={"status": 0})
    assert (off.json()["status"], off.json()["status_description"]) == (0, "inactive")
    assert sandbox.state.audit_events[-1].action == "repo.change.status"
    assert (await request_as("owner", "PATCH", f"{ACME}/cli", json={"status": 1})).json()["status"] == 1


async def test_a_repository_without_images_cannot_be_activated(request_as: RequestAs) -> None:
    refused = await request_as(
        "owner", "PATCH", f"{ACME}/next-generation", json={"status": 1, "description": "x"}
    )
    assert (refused.status_code, refused.json()["text"]) == (
        400,
        "a repository without images cannot be activated",
    )
    assert (await request_as(None, "GET", f"{ACME}/next-generation")).json()["description"] != "x"


INVALID_CHANGES: list[dict[str, Any]] = [
    {"description": "d" * 101},
    {"full_description": "d" * 25_001},
    {"description": 5},
    {"status": 2},
    {"status": True},
    {"status": "active"},
]


async def test_invalid_values_are_named(request_as: RequestAs) -> None:
    for change in INVALID_CHANGES:
        response = await request_as("owner", "PATCH", f"{ACME}/cli", json=change)
        assert (response.status_code, list(response.json()["fields"])) == (400, list(change)), change


async def test_access_to_change_a_description(request_as: RequestAs) -> None:
    for identity, repository, status in [
        (None, "cli", 401),
        ("reader-pat", "cli", 403),
        ("public-pat", "cli", 403),
        ("outsider", "cli", 403),
        ("outsider", "storefront", 404),
        ("member", "cli", 403),
        ("member", "storefront", 200),
        ("org-token", "cli", 403),
        ("owner", "nope", 404),
    ]:
        response = await request_as(identity, "PATCH", f"{ACME}/{repository}", json={"description": "New"})
        assert response.status_code == status, (identity, repository, status)


async def test_an_organization_token_with_the_scope_changes_descriptions(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    grant_scopes(sandbox, "scope-repository-edit")
    assert (
        await request_as("org-token", "PATCH", f"{ACME}/cli", json={"description": "x"})
    ).status_code == 200
    assert (await request_as("org-token", "DELETE", f"{ACME}/cli")).status_code == 403
    older = await request_as("org-token", "PATCH", f"{OLDER}/cli/", json={"description": "x"})
    assert (older.status_code, older.json()["message"]) == (403, FROM_OAT)


async def test_a_token_for_all_public_repositories_changes_only_its_own(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    resource = sandbox.state.organizations["acme"].access_tokens[0].resources[0]
    resource.path, resource.scopes = "*/*/public", ("scope-repository-edit",)
    redis = "/v2/namespaces/library/repositories/redis"
    assert (await request_as("org-token", "PATCH", redis, json={"description": "x"})).status_code == 403
    assert (
        await request_as("org-token", "PATCH", f"{ACME}/cli", json={"description": "x"})
    ).status_code == 200
    assert (
        await request_as("org-token", "PATCH", f"{ACME}/mailer", json={"description": "x"})
    ).status_code == 404


async def test_the_older_path_takes_rules_separated_by_commas(request_as: RequestAs) -> None:
    body = {"description": "x", "immutable_tags": True, "immutable_tags_rules": "v.*,stable"}
    changed = (await request_as("owner-pat", "PATCH", f"{OLDER}/cli/", json=body)).json()
    assert changed["immutable_tags_settings"] == {"enabled": True, "rules": ["v.*", "stable"]}
    assert changed["description"] == "x"
    assert (await request_as("two-factor-pat", "PATCH", f"{OLDER}/cli/", json=body)).status_code == 403


async def test_an_invalid_change_is_not_applied_in_part(request_as: RequestAs) -> None:
    for change in [{"description": "d" * 101}, {"immutable_tags_rules": "["}]:
        before = (await request_as("owner", "GET", f"{ACME}/cli")).json()
        body = {"description": "x", "immutable_tags": True, "immutable_tags_rules": "v.*"} | change
        refused = await request_as("owner", "PATCH", f"{OLDER}/cli/", json=body)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, list(change)), change
        assert (await request_as("owner", "GET", f"{ACME}/cli")).json() == before, change


@pytest.mark.parametrize(("path", "status"), [(f"{ACME}/cli", 204), (f"{OLDER}/cli/", 202)])
@pytest.mark.parametrize("identity", ["owner", "owner-pat"])
async def test_a_repository_is_deleted(
    request_as: RequestAs, sandbox: Sandbox, path: str, status: int, identity: str
) -> None:
    gone = await request_as(identity, "DELETE", path)
    assert (gone.status_code, gone.content) == (status, b"")
    assert (await request_as(identity, "GET", f"{ACME}/cli")).status_code == 404
    assert (await request_as(identity, "DELETE", path)).status_code == 404
    assert (await request_as(identity, "GET", ACME)).json()["count"] == 11
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.description) == ("repo.delete", "deleted the repository acme/cli")


async def test_other_callers_cannot_delete_anything(request_as: RequestAs) -> None:
    for identity, status in [(None, 401), ("two-factor-pat", 403), ("member", 403), ("outsider", 403)]:
        for path in (f"{ACME}/cli", f"{OLDER}/cli/", f"{ACME}/cli/tags/latest", f"{OLDER}/cli/tags/latest/"):
            assert (await request_as(identity, "DELETE", path)).status_code == status, (identity, status)
        assert (
            await request_as(identity, "POST", f"{OLDER}/cli/privacy", json={"is_private": True})
        ).status_code == status, (identity, status)
        assert (await request_as(None, "GET", f"{ACME}/cli/tags/latest")).status_code == 200, (
            identity,
            status,
        )


async def test_organization_tokens_delete_with_the_scope_and_not_under_older_paths(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    assert (await request_as("org-token", "DELETE", f"{ACME}/cli/tags/latest")).status_code == 403
    grant_scopes(sandbox, "scope-tag-admin", "scope-repository-admin")
    for path in (f"{OLDER}/cli/tags/latest/", f"{OLDER}/cli/"):
        refused = await request_as("org-token", "DELETE", path)
        assert (refused.status_code, refused.json()["message"]) == (403, FROM_OAT)
    refused = await request_as("org-token", "POST", f"{OLDER}/cli/privacy", json={"is_private": True})
    assert (refused.status_code, refused.json()["message"]) == (403, FROM_OAT)
    assert (await request_as("org-token", "DELETE", f"{ACME}/cli/tags/latest")).status_code == 204
    assert (await request_as("org-token", "DELETE", f"{ACME}/cli")).status_code == 204


@pytest.mark.parametrize("path", [f"{ACME}/cli/tags/latest", f"{OLDER}/cli/tags/latest/"])
async def test_a_tag_is_deleted_and_its_aliases_stay(
    request_as: RequestAs, sandbox: Sandbox, path: str
) -> None:
    gone = await request_as("owner-pat", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    tags = (await request_as(None, "GET", f"{ACME}/cli/tags")).json()
    assert [tag["name"] for tag in tags["results"]] == ["v1.4.0", "v1.3.2", "v1.3.1"]
    assert (await request_as("owner-pat", "DELETE", path)).status_code == 404
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data["tag"]) == ("repo.tag.delete", "latest")


async def test_immutable_tags_cannot_be_deleted(request_as: RequestAs) -> None:
    tags = f"{ACME}/billing-api/tags"
    refused = await request_as("owner", "DELETE", f"{tags}/v1.4.0")
    assert (refused.status_code, refused.json()) == (
        403,
        {
            "message": "immutable tags cannot be deleted",
            "errinfo": {"namespace": "acme", "repository": "billing-api", "tag": "v1.4.0"},
        },
    )
    assert (await request_as("owner", "GET", f"{tags}/v1.4.0")).status_code == 200
    assert (await request_as("owner", "DELETE", f"{tags}/latest")).status_code == 204


async def test_privacy_is_set(request_as: RequestAs, sandbox: Sandbox) -> None:
    hidden = await request_as("owner-pat", "POST", f"{OLDER}/cli/privacy", json={"is_private": True})
    assert (hidden.status_code, hidden.json()["is_private"]) == (200, True)
    assert (await request_as(None, "GET", f"{ACME}/cli")).status_code == 404
    assert sandbox.state.audit_events[-1].action == "repo.privacy.set_private"
    shown = await request_as("owner-pat", "POST", f"{OLDER}/cli/privacy/", json={"is_private": False})
    assert shown.json()["is_private"] is False
    assert sandbox.state.audit_events[-1].action == "repo.privacy.set_public"
    events = len(sandbox.state.audit_events)
    await request_as("owner-pat", "POST", f"{OLDER}/cli/privacy", json={"is_private": False})
    assert len(sandbox.state.audit_events) == events
    refused = await request_as("owner", "POST", f"{OLDER}/cli/privacy", json={})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["is_private"])


async def test_older_paths_without_the_slash_are_redirected(request_as: RequestAs) -> None:
    for method, path in [
        ("PATCH", f"{OLDER}/cli"),
        ("DELETE", f"{OLDER}/cli"),
        ("DELETE", f"{OLDER}/cli/tags/latest"),
    ]:
        response = await request_as("owner", method, path, json={})
        assert (response.status_code, response.headers["location"]) == (301, f"http://localhost{path}/"), (
            method,
            path,
        )
        assert (await request_as(None, "GET", f"{ACME}/cli/tags/latest")).status_code == 200, (method, path)
