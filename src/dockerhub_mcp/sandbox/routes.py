"""The routes of the Hub and of Docker Scout."""

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
    groups,
    immutable_tags,
    invites,
    manifests,
    members,
    org_access_tokens,
    org_settings,
    repositories,
    repository_groups,
    scim_discovery,
    scim_users,
    scout,
    search,
    tags,
)

RouteHandler: TypeAlias = Callable[[Request], Awaitable[Response]]

NAMESPACE = "/v2/namespaces/{namespace}/repositories"
REPOSITORY = NAMESPACE + "/{repository}"
MANIFESTS = REPOSITORY + "/manifests"
TAGS, TAG = REPOSITORY + "/tags", REPOSITORY + "/tags/{tag}"
IMMUTABLE_TAGS = REPOSITORY + "/immutabletags"
PERSONAL_ACCESS_TOKEN = "/v2/access-tokens/{uuid}"
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
LEGACY_NAMESPACE = "/v2/repositories/{namespace}"
LEGACY_REPOSITORY = LEGACY_NAMESPACE + "/{repository}"
LEGACY_GROUPS = LEGACY_REPOSITORY + "/groups"
LEGACY_GROUP = LEGACY_GROUPS + "/{group_id}/"
AUDIT_LOGS = "/v2/auditlogs/{account}"
SCIM = "/v2/scim/2.0"


def _get_route(path: str, handler: RouteHandler, name: str | None = None) -> Route:
    return Route(path, handler, methods=["GET"], name=name)


def _post_route(path: str, handler: RouteHandler) -> Route:
    return Route(path, handler, methods=["POST"])


def _put_route(path: str, handler: RouteHandler) -> Route:
    return Route(path, handler, methods=["PUT"])


def _patch_route(path: str, handler: RouteHandler) -> Route:
    return Route(path, handler, methods=["PATCH"])


def _delete_route(path: str, handler: RouteHandler) -> Route:
    return Route(path, handler, methods=["DELETE"])


HUB_ROUTES = [
    _post_route("/v2/auth/token", authentication.create_bearer_token),
    _post_route("/v2/users/login", authentication.log_in_user),
    _post_route("/v2/users/2fa-login", authentication.complete_two_factor_login),
    # In Starlette, a GET route handles HEAD requests too.
    _get_route(TAG, tags.get_tag),
    _delete_route(TAG, tags.delete_tag),
    Route(TAGS, tags.check_tags, methods=["HEAD"]),
    _get_route(TAGS, tags.list_tags),
    _get_route(MANIFESTS, manifests.list_manifests),
    _patch_route(IMMUTABLE_TAGS, immutable_tags.update_immutable_tags),
    _post_route(IMMUTABLE_TAGS + "/verify", immutable_tags.verify_immutable_tags),
    _get_route(REPOSITORY, repositories.get_repository),
    _patch_route(REPOSITORY, repositories.update_repository),
    _delete_route(REPOSITORY, repositories.delete_repository),
    _get_route(NAMESPACE, repositories.list_repositories),
    _post_route(NAMESPACE, repositories.create_repository),
    # Clients use the older paths with and without a trailing slash; most changes require the slash.
    _get_route("/v2/repositories/namespaces", accounts.list_namespaces),
    _get_route(LEGACY_NAMESPACE, repositories.list_repositories_legacy),
    _get_route(LEGACY_NAMESPACE + "/", repositories.list_repositories_legacy),
    _get_route(LEGACY_REPOSITORY, repositories.get_repository_legacy),
    _get_route(LEGACY_REPOSITORY + "/", repositories.get_repository_legacy),
    _patch_route(LEGACY_REPOSITORY + "/", repositories.update_repository_legacy),
    _delete_route(LEGACY_REPOSITORY + "/", repositories.delete_repository_legacy),
    _delete_route(LEGACY_REPOSITORY + "/tags/{tag}/", tags.delete_tag_legacy),
    _get_route(LEGACY_REPOSITORY + "/tags/{tag}/images", tags.list_images),
    _post_route(LEGACY_REPOSITORY + "/privacy", repositories.set_repository_privacy),
    _post_route(LEGACY_REPOSITORY + "/privacy/", repositories.set_repository_privacy),
    _post_route(LEGACY_GROUPS, repository_groups.create_repository_group),
    _post_route(LEGACY_GROUPS + "/", repository_groups.create_repository_group),
    _get_route(LEGACY_GROUPS + "/", repository_groups.list_repository_groups),
    _get_route(LEGACY_GROUP, repository_groups.get_repository_group),
    _patch_route(LEGACY_GROUP, repository_groups.update_repository_group),
    _delete_route(LEGACY_GROUP, repository_groups.delete_repository_group),
    _get_route("/v2/access-tokens", access_tokens.list_access_tokens),
    _post_route("/v2/access-tokens", access_tokens.create_access_token),
    _get_route(PERSONAL_ACCESS_TOKEN, access_tokens.get_access_token),
    _patch_route(PERSONAL_ACCESS_TOKEN, access_tokens.update_access_token),
    _delete_route(PERSONAL_ACCESS_TOKEN, access_tokens.delete_access_token),
    _get_route(ORG_TOKENS, org_access_tokens.list_org_access_tokens),
    _post_route(ORG_TOKENS, org_access_tokens.create_org_access_token),
    _get_route(ORG_TOKEN, org_access_tokens.get_org_access_token),
    _patch_route(ORG_TOKEN, org_access_tokens.update_org_access_token),
    _delete_route(ORG_TOKEN, org_access_tokens.delete_org_access_token),
    _get_route(MEMBERS, members.list_members),
    _get_route(MEMBERS + "/export", members.export_members),
    _put_route(MEMBER, members.update_member),
    _delete_route(MEMBER, members.remove_member),
    _get_route(GROUPS, groups.list_groups),
    _post_route(GROUPS, groups.create_group),
    _get_route(GROUP, groups.get_group),
    _put_route(GROUP, groups.replace_group),
    _patch_route(GROUP, groups.update_group),
    _delete_route(GROUP, groups.delete_group),
    _get_route(GROUP_MEMBERS, groups.list_group_members),
    _get_route(GROUP + "/repositories", groups.list_group_repositories),
    _post_route(GROUP_MEMBERS, groups.add_group_member),
    _delete_route(GROUP_MEMBERS + "/{username}", groups.remove_group_member),
    _get_route(SETTINGS, org_settings.get_settings),
    _put_route(SETTINGS, org_settings.replace_settings),
    _get_route(ORGANIZATION + "/invites", invites.list_invites),
    _post_route("/v2/invites/bulk", invites.create_invites),
    _patch_route(INVITE + "/resend", invites.resend_invite),
    _delete_route(INVITE, invites.cancel_invite),
    _get_route(AUDIT_LOGS, audit_logs.list_audit_logs),
    _get_route(AUDIT_LOGS + "/actions", audit_logs.list_audit_actions),
    _get_route(SCIM + "/ServiceProviderConfig", scim_discovery.get_service_provider_config),
    _get_route(SCIM + "/ResourceTypes", scim_discovery.list_resource_types),
    _get_route(SCIM + "/ResourceTypes/{name}", scim_discovery.get_resource_type),
    _get_route(SCIM + "/Schemas", scim_discovery.list_schemas),
    _get_route(SCIM + "/Schemas/{id}", scim_discovery.get_schema),
    _get_route(SCIM + "/Users", scim_users.list_scim_users),
    _post_route(SCIM + "/Users", scim_users.create_scim_user),
    _get_route(SCIM + "/Users/{id}", scim_users.get_scim_user, "scim_user"),
    _put_route(SCIM + "/Users/{id}", scim_users.replace_scim_user),
    _get_route("/v2/user/", accounts.get_own_account),
    _get_route("/v2/user/orgs", accounts.list_own_organizations),
    _get_route("/v2/users/{name}", accounts.get_user),
    _get_route("/v2/users/{name}/orgs", accounts.list_user_organizations),
    _get_route(ORGANIZATION, accounts.get_organization),
    _get_route("/v2/search/repositories/", search.search_repositories),
    _get_route("/api/search/v4", search.search_catalog),
    _get_route("/v1/search", search.search_index),
    _post_route("/v1/graphql", scout.execute_graphql_query),
]
