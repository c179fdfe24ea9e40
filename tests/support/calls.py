"""A realistic call of every tool, on the sandbox's sample data."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.sandbox import Sandbox


def arguments_of(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Return arguments for each tool, except `complete_2fa_login`, which needs a pending sign-in.

    Those of `apply_tag_cleanup` name a plan that no server has.
    """
    acme = sandbox.state.organizations["acme"]
    mine = next(token for token in sandbox.state.personal_access_tokens if token.username == "ada")
    token = {"org_name": "acme", "access_token_id": acme.access_tokens[0].id}
    invite = {"id": acme.invitees[0].id}
    developers = {"org_name": "acme", "group_name": "developers"}
    storefront = {"repository": "acme/storefront"}
    resources = [{"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}]
    scim_user = {"id": next(user.id for user in acme.scim_users if "linus" in user.username)}
    return {
        "create_auth_token": {},
        "login": {},
        "list_repositories": {"namespace": "acme", "ordering": "newest"},
        "get_repository": storefront,
        "check_repository": {"repository": "redis"},
        "create_repository": {"name": "acme/brand-new", "description": "New", "is_private": True},
        "update_repository": {**storefront, "description": "Other words"},
        "delete_repository": {"repository": "acme/mailer"},
        "set_repository_visibility": {**storefront, "is_private": False},
        "update_immutable_tags": {**storefront, "immutable_tags": True, "immutable_tags_rules": ["v.*"]},
        "verify_immutable_tags": {**storefront, "regex": "main-.*"},
        "assign_repository_group": {
            "repository": "acme/incident-kit",
            "group": "contractors",
            "permission": "read",
        },
        "list_repository_groups": storefront,
        "update_repository_group": {**storefront, "group_id": 1002, "permission": "read"},
        "remove_repository_group": {**storefront, "group_id": 1002},
        "plan_tag_cleanup": {"repository": "milldale/controller", "older_than": "180d", "keep_newest": 5},
        "apply_tag_cleanup": {"plan_id": f"cleanup-{'0' * 32}"},
        "pin_images": {"images": ["postgres:16", "acme/billing-api:v1.3.1"]},
        "list_tags": {"repository": "redis", "name": "alpine", "architecture": "arm64", "os": "linux"},
        "check_tags": storefront,
        "get_tag": {"repository": "redis:8.2"},
        "find_tags": {"repository": "redis", "version": "<8", "excluding": ["*alpine*"], "limit": 3},
        "inspect_image": {"image": "redis:8.2"},
        "compare_images": {"image": "redis:8.2.1", "with_image": "redis:8.2.3"},
        "check_tag": {"repository": "redis", "tag": "8.2"},
        "delete_tag": {**storefront, "tag": "latest"},
        "list_access_tokens": {"page_size": 3},
        "get_access_token": {"uuid": mine.uuid},
        "create_access_token": {"token_label": "new one", "scopes": ["repo:read"]},
        "update_access_token": {"uuid": mine.uuid, "is_active": False},
        "delete_access_token": {"uuid": mine.uuid},
        "list_org_access_tokens": {"name": "acme"},
        "get_org_access_token": token,
        "create_org_access_token": {"name": "acme", "label": "new one", "resources": resources},
        "update_org_access_token": {**token, "resources": resources},
        "delete_org_access_token": token,
        "list_org_members": {"org_name": "acme", "type": "all"},
        "export_org_members": {"org_name": "acme"},
        "update_org_member": {"org_name": "acme", "username": "linus", "role": "editor"},
        "remove_org_member": {"org_name": "acme", "username": "linus"},
        "list_org_groups": {"org_name": "acme"},
        "get_org_group": developers,
        "create_org_group": {"org_name": "acme", "name": "testers", "description": "They test"},
        "replace_org_group": {**developers, "description": "Other words"},
        "update_org_group": {**developers, "description": "Other words"},
        "delete_org_group": developers,
        "list_org_group_members": developers,
        "add_org_group_member": {**developers, "member": "ada"},
        "remove_org_group_member": {**developers, "username": "linus"},
        "get_org_settings": {"name": "acme"},
        "update_org_settings": {"name": "acme", "allow_verified_publishers": True},
        "list_audit_logs": {"account": "acme", "action": "repo.tag.push", "from": "2020-01-01T00:00:00Z"},
        "list_audit_log_actions": {"account": "acme"},
        "list_org_invites": {"org_name": "acme"},
        "create_org_invites": {"org": "acme", "invitees": ["mallory", "nobody@example.com"]},
        "resend_org_invite": invite,
        "cancel_org_invite": invite,
        "scim_get_provider_config": {},
        "scim_list_resource_types": {},
        "scim_get_resource_type": {"name": "User"},
        "scim_list_schemas": {},
        "scim_get_schema": {"id": "urn:ietf:params:scim:schemas:core:2.0:User"},
        "scim_list_users": {"count": 2},
        "scim_get_user": scim_user,
        "scim_create_user": {"userName": "bo@example.com", "given_name": "Bo"},
        "scim_update_user": {**scim_user, "active": False},
        "search_repositories": {"query": "nginx"},
        "list_hardened_images": {"organization": "acme"},
        "get_current_user": {},
        "list_organizations": {},
        "get_organization": {"org_name": "acme"},
        "explain_pull": {"image": "acme/billing-api:v9", "platform": "linux/arm64"},
        "what_can_i_do": {},
    }
