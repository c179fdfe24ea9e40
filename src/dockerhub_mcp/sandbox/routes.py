"""The routes of the Hub, and of Scout beside it."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dockerhub_mcp.sandbox.handlers import (
    access_tokens,
    accounts,
    audit_logs,
    authentication,
    group_members,
    groups,
    immutable_tags,
    invites,
    member_changes,
    members,
    org_access_tokens,
    org_settings,
    repositories,
    repository_changes,
    repository_groups,
    scim_schema,
    scim_users,
    scout,
    search,
    tag_changes,
    tags,
)

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

NAMESPACE = "/v2/namespaces/{namespace}/repositories"
REPOSITORY = NAMESPACE + "/{repository}"
TAGS, TAG = REPOSITORY + "/tags", REPOSITORY + "/tags/{tag}"
IMMUTABLE = REPOSITORY + "/immutabletags"
PAT = "/v2/access-tokens/{uuid}"
ORGANIZATION = "/v2/orgs/{org}"
ORG_TOKENS = ORGANIZATION + "/access-tokens"
ORG_TOKEN = ORG_TOKENS + "/{id}"
MEMBERS = ORGANIZATION + "/members"
MEMBER = MEMBERS + "/{username}"
GROUPS = ORGANIZATION + "/groups"
GROUP = GROUPS + "/{group}"
GROUP_MEMBERS = GROUP + "/members"
SETTINGS = ORGANIZATION + "/settings"
INVITE = "/v2/invites/{id}"
LEGACY = "/v2/repositories/{namespace}"
LEGACY_REPOSITORY = LEGACY + "/{repository}"
LEGACY_GROUPS = LEGACY_REPOSITORY + "/groups"
LEGACY_GROUP = LEGACY_GROUPS + "/{group_id}/"
AUDIT = "/v2/auditlogs/{account}"
SCIM = "/v2/scim/2.0"


def _get(path: str, handler: Handler, name: str | None = None) -> Route:
    return Route(path, handler, methods=["GET"], name=name)


def _post(path: str, handler: Handler) -> Route:
    return Route(path, handler, methods=["POST"])


def _put(path: str, handler: Handler) -> Route:
    return Route(path, handler, methods=["PUT"])


def _patch(path: str, handler: Handler) -> Route:
    return Route(path, handler, methods=["PATCH"])


def _delete(path: str, handler: Handler) -> Route:
    return Route(path, handler, methods=["DELETE"])


HUB_ROUTES = [
    _post("/v2/auth/token", authentication.create_token),
    _post("/v2/users/login", authentication.login),
    _post("/v2/users/2fa-login", authentication.second_factor),
    # Starlette takes a route for GET as one for HEAD too.
    _get(TAG, tags.get_tag),
    _delete(TAG, tag_changes.delete_tag),
    Route(TAGS, tags.check_tags, methods=["HEAD"]),
    _get(TAGS, tags.list_tags),
    _patch(IMMUTABLE, immutable_tags.update_immutable_tags),
    _post(IMMUTABLE + "/verify", immutable_tags.verify_immutable_tags),
    _get(REPOSITORY, repositories.get_repository),
    _patch(REPOSITORY, repository_changes.update_repository),
    _delete(REPOSITORY, repository_changes.delete_repository),
    _get(NAMESPACE, repositories.list_repositories),
    _post(NAMESPACE, repositories.create_repository),
    # The older paths were always used with and without a slash at the end, to write only with one.
    _get("/v2/repositories/namespaces", accounts.list_namespaces),
    _get(LEGACY, repositories.legacy_list_repositories),
    _get(LEGACY + "/", repositories.legacy_list_repositories),
    _get(LEGACY_REPOSITORY, repositories.legacy_get_repository),
    _get(LEGACY_REPOSITORY + "/", repositories.legacy_get_repository),
    _patch(LEGACY_REPOSITORY + "/", repository_changes.legacy_update_repository),
    _delete(LEGACY_REPOSITORY + "/", repository_changes.legacy_delete_repository),
    _delete(LEGACY_REPOSITORY + "/tags/{tag}/", tag_changes.legacy_delete_tag),
    _post(LEGACY_REPOSITORY + "/privacy", repository_changes.set_privacy),
    _post(LEGACY_REPOSITORY + "/privacy/", repository_changes.set_privacy),
    _post(LEGACY_GROUPS, repository_groups.create_repository_group),
    _post(LEGACY_GROUPS + "/", repository_groups.create_repository_group),
    _get(LEGACY_GROUPS + "/", repository_groups.list_repository_groups),
    _get(LEGACY_GROUP, repository_groups.get_repository_group),
    _patch(LEGACY_GROUP, repository_groups.update_repository_group),
    _delete(LEGACY_GROUP, repository_groups.delete_repository_group),
    _get("/v2/access-tokens", access_tokens.list_access_tokens),
    _post("/v2/access-tokens", access_tokens.create_access_token),
    _get(PAT, access_tokens.get_access_token),
    _patch(PAT, access_tokens.update_access_token),
    _delete(PAT, access_tokens.delete_access_token),
    _get(ORG_TOKENS, org_access_tokens.list_org_access_tokens),
    _post(ORG_TOKENS, org_access_tokens.create_org_access_token),
    _get(ORG_TOKEN, org_access_tokens.get_org_access_token),
    _patch(ORG_TOKEN, org_access_tokens.update_org_access_token),
    _delete(ORG_TOKEN, org_access_tokens.delete_org_access_token),
    _get(MEMBERS, members.list_members),
    _get(MEMBERS + "/export", member_changes.export_members),
    _put(MEMBER, member_changes.update_member),
    _delete(MEMBER, member_changes.remove_member),
    _get(GROUPS, groups.list_groups),
    _post(GROUPS, groups.create_group),
    _get(GROUP, groups.get_group),
    _put(GROUP, groups.replace_group),
    _patch(GROUP, groups.update_group),
    _delete(GROUP, groups.delete_group),
    _get(GROUP_MEMBERS, group_members.list_group_members),
    _post(GROUP_MEMBERS, group_members.add_group_member),
    _delete(GROUP_MEMBERS + "/{username}", group_members.remove_group_member),
    _get(SETTINGS, org_settings.get_settings),
    _put(SETTINGS, org_settings.replace_settings),
    _get(ORGANIZATION + "/invites", invites.list_invites),
    _post("/v2/invites/bulk", invites.create_invites),
    _patch(INVITE + "/resend", invites.resend_invite),
    _delete(INVITE, invites.cancel_invite),
    _get(AUDIT, audit_logs.list_audit_logs),
    _get(AUDIT + "/actions", audit_logs.list_audit_actions),
    _get(SCIM + "/ServiceProviderConfig", scim_schema.get_service_provider_config),
    _get(SCIM + "/ResourceTypes", scim_schema.list_resource_types),
    _get(SCIM + "/ResourceTypes/{name}", scim_schema.get_resource_type),
    _get(SCIM + "/Schemas", scim_schema.list_schemas),
    _get(SCIM + "/Schemas/{id}", scim_schema.get_schema),
    _get(SCIM + "/Users", scim_users.list_scim_users),
    _post(SCIM + "/Users", scim_users.create_scim_user),
    _get(SCIM + "/Users/{id}", scim_users.get_scim_user, "scim_user"),
    _put(SCIM + "/Users/{id}", scim_users.replace_scim_user),
    _get("/v2/user/", accounts.get_own_account),
    _get("/v2/user/orgs", accounts.list_own_organizations),
    _get("/v2/users/{name}", accounts.get_user),
    _get("/v2/users/{name}/orgs", accounts.list_organizations_of_user),
    _get(ORGANIZATION, accounts.get_organization),
    _get("/v2/search/repositories/", search.search_repositories),
    _get("/api/search/v4", search.search),
    _post("/v1/graphql", scout.graphql),
]
