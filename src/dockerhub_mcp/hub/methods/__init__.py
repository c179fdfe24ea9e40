"""The catalogue of all Hub methods, in the order of the API reference.

Importing the package imports none of its modules: a class is imported on first use, all of them with
`ALL_METHODS`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dockerhub_mcp.hub.api.method import Method
    from dockerhub_mcp.hub.methods.access_tokens import (
        CreateAccessToken,
        DeleteAccessToken,
        GetAccessToken,
        ListAccessTokens,
        UpdateAccessToken,
    )
    from dockerhub_mcp.hub.methods.account import (
        GetCurrentUser,
        GetOrganization,
        ListOrganizations,
    )
    from dockerhub_mcp.hub.methods.audit_logs import (
        ListAuditLogActions,
        ListAuditLogs,
    )
    from dockerhub_mcp.hub.methods.authentication import (
        Complete2FALogin,
        CreateAuthToken,
        Login,
    )
    from dockerhub_mcp.hub.methods.group_members import (
        AddOrgGroupMember,
        ListOrgGroupMembers,
        RemoveOrgGroupMember,
    )
    from dockerhub_mcp.hub.methods.groups import (
        CreateOrgGroup,
        DeleteOrgGroup,
        GetOrgGroup,
        ListOrgGroups,
        ReplaceOrgGroup,
        UpdateOrgGroup,
    )
    from dockerhub_mcp.hub.methods.hardened_images import (
        ListHardenedImages,
    )
    from dockerhub_mcp.hub.methods.immutable_tags import (
        UpdateImmutableTags,
        VerifyImmutableTags,
    )
    from dockerhub_mcp.hub.methods.invites import (
        CancelOrgInvite,
        CreateOrgInvites,
        ListOrgInvites,
        ResendOrgInvite,
    )
    from dockerhub_mcp.hub.methods.members import (
        ExportOrgMembers,
        ListOrgMembers,
        RemoveOrgMember,
        UpdateOrgMember,
    )
    from dockerhub_mcp.hub.methods.org_access_tokens import (
        CreateOrgAccessToken,
        DeleteOrgAccessToken,
        GetOrgAccessToken,
        ListOrgAccessTokens,
        UpdateOrgAccessToken,
    )
    from dockerhub_mcp.hub.methods.org_settings import (
        GetOrgSettings,
        UpdateOrgSettings,
    )
    from dockerhub_mcp.hub.methods.repositories import (
        ListRepositories,
    )
    from dockerhub_mcp.hub.methods.repository_changes import (
        CreateRepository,
        DeleteRepository,
        SetRepositoryVisibility,
        UpdateRepository,
    )
    from dockerhub_mcp.hub.methods.repository_groups import (
        AssignRepositoryGroup,
        ListRepositoryGroups,
        RemoveRepositoryGroup,
        UpdateRepositoryGroup,
    )
    from dockerhub_mcp.hub.methods.repository_reads import (
        CheckRepository,
        GetRepository,
    )
    from dockerhub_mcp.hub.methods.scim import (
        ScimGetProviderConfig,
        ScimGetResourceType,
        ScimGetSchema,
        ScimGetUser,
        ScimListResourceTypes,
        ScimListSchemas,
        ScimListUsers,
    )
    from dockerhub_mcp.hub.methods.scim_changes import (
        ScimCreateUser,
        ScimUpdateUser,
    )
    from dockerhub_mcp.hub.methods.search import (
        SearchRepositories,
    )
    from dockerhub_mcp.hub.methods.tags import (
        CheckTag,
        CheckTags,
        DeleteTag,
        GetTag,
        ListTags,
    )

    ALL_METHODS: tuple[type[Method[Any]], ...]

__all__ = [
    "ALL_METHODS",
    "AddOrgGroupMember",
    "AssignRepositoryGroup",
    "CancelOrgInvite",
    "CheckRepository",
    "CheckTag",
    "CheckTags",
    "Complete2FALogin",
    "CreateAccessToken",
    "CreateAuthToken",
    "CreateOrgAccessToken",
    "CreateOrgGroup",
    "CreateOrgInvites",
    "CreateRepository",
    "DeleteAccessToken",
    "DeleteOrgAccessToken",
    "DeleteOrgGroup",
    "DeleteRepository",
    "DeleteTag",
    "ExportOrgMembers",
    "GetAccessToken",
    "GetCurrentUser",
    "GetOrgAccessToken",
    "GetOrgGroup",
    "GetOrgSettings",
    "GetOrganization",
    "GetRepository",
    "GetTag",
    "ListAccessTokens",
    "ListAuditLogActions",
    "ListAuditLogs",
    "ListHardenedImages",
    "ListOrgAccessTokens",
    "ListOrgGroupMembers",
    "ListOrgGroups",
    "ListOrgInvites",
    "ListOrgMembers",
    "ListOrganizations",
    "ListRepositories",
    "ListRepositoryGroups",
    "ListTags",
    "Login",
    "RemoveOrgGroupMember",
    "RemoveOrgMember",
    "RemoveRepositoryGroup",
    "ReplaceOrgGroup",
    "ResendOrgInvite",
    "ScimCreateUser",
    "ScimGetProviderConfig",
    "ScimGetResourceType",
    "ScimGetSchema",
    "ScimGetUser",
    "ScimListResourceTypes",
    "ScimListSchemas",
    "ScimListUsers",
    "ScimUpdateUser",
    "SearchRepositories",
    "SetRepositoryVisibility",
    "UpdateAccessToken",
    "UpdateImmutableTags",
    "UpdateOrgAccessToken",
    "UpdateOrgGroup",
    "UpdateOrgMember",
    "UpdateOrgSettings",
    "UpdateRepository",
    "UpdateRepositoryGroup",
    "VerifyImmutableTags",
    "is_listed",
]

_MODULES = {
    "CreateAuthToken": "authentication",
    "Login": "authentication",
    "Complete2FALogin": "authentication",
    "ListRepositories": "repositories",
    "GetRepository": "repository_reads",
    "CheckRepository": "repository_reads",
    "CreateRepository": "repository_changes",
    "UpdateRepository": "repository_changes",
    "DeleteRepository": "repository_changes",
    "SetRepositoryVisibility": "repository_changes",
    "UpdateImmutableTags": "immutable_tags",
    "VerifyImmutableTags": "immutable_tags",
    "AssignRepositoryGroup": "repository_groups",
    "ListRepositoryGroups": "repository_groups",
    "UpdateRepositoryGroup": "repository_groups",
    "RemoveRepositoryGroup": "repository_groups",
    "ListTags": "tags",
    "CheckTags": "tags",
    "GetTag": "tags",
    "CheckTag": "tags",
    "DeleteTag": "tags",
    "ListAccessTokens": "access_tokens",
    "GetAccessToken": "access_tokens",
    "CreateAccessToken": "access_tokens",
    "UpdateAccessToken": "access_tokens",
    "DeleteAccessToken": "access_tokens",
    "ListOrgAccessTokens": "org_access_tokens",
    "GetOrgAccessToken": "org_access_tokens",
    "CreateOrgAccessToken": "org_access_tokens",
    "UpdateOrgAccessToken": "org_access_tokens",
    "DeleteOrgAccessToken": "org_access_tokens",
    "ListOrgMembers": "members",
    "ExportOrgMembers": "members",
    "UpdateOrgMember": "members",
    "RemoveOrgMember": "members",
    "ListOrgGroups": "groups",
    "GetOrgGroup": "groups",
    "CreateOrgGroup": "groups",
    "ReplaceOrgGroup": "groups",
    "UpdateOrgGroup": "groups",
    "DeleteOrgGroup": "groups",
    "ListOrgGroupMembers": "group_members",
    "AddOrgGroupMember": "group_members",
    "RemoveOrgGroupMember": "group_members",
    "GetOrgSettings": "org_settings",
    "UpdateOrgSettings": "org_settings",
    "ListAuditLogs": "audit_logs",
    "ListAuditLogActions": "audit_logs",
    "ListOrgInvites": "invites",
    "CreateOrgInvites": "invites",
    "ResendOrgInvite": "invites",
    "CancelOrgInvite": "invites",
    "ScimGetProviderConfig": "scim",
    "ScimListResourceTypes": "scim",
    "ScimGetResourceType": "scim",
    "ScimListSchemas": "scim",
    "ScimGetSchema": "scim",
    "ScimListUsers": "scim",
    "ScimGetUser": "scim",
    "ScimCreateUser": "scim_changes",
    "ScimUpdateUser": "scim_changes",
    "SearchRepositories": "search",
    "ListHardenedImages": "hardened_images",
    "GetCurrentUser": "account",
    "ListOrganizations": "account",
    "GetOrganization": "account",
}
"""The module of each method, in the order of the API reference."""


def is_listed(method: type[Method[Any]]) -> bool:
    """Tell whether a method is one of `ALL_METHODS`; a few others serve workflows only."""
    return method.__module__ == f"{__name__}.{_MODULES.get(method.__name__)}"


def __getattr__(name: str) -> Any:
    """Import a method, or all of them, on first use: a call needs one, and each takes time and memory."""
    if name == "ALL_METHODS":
        value: Any = tuple(_load_method(each) for each in _MODULES)
    elif name in _MODULES:
        value = _load_method(name)
    else:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value


def _load_method(name: str) -> type[Method[Any]]:
    method: type[Method[Any]] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return method
