"""The catalogue of all Hub methods, in the order of the API reference."""

from __future__ import annotations

from typing import Any

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
]

ALL_METHODS: tuple[type[Method[Any]], ...] = (
    CreateAuthToken,
    Login,
    Complete2FALogin,
    ListRepositories,
    GetRepository,
    CheckRepository,
    CreateRepository,
    UpdateRepository,
    DeleteRepository,
    SetRepositoryVisibility,
    UpdateImmutableTags,
    VerifyImmutableTags,
    AssignRepositoryGroup,
    ListRepositoryGroups,
    UpdateRepositoryGroup,
    RemoveRepositoryGroup,
    ListTags,
    CheckTags,
    GetTag,
    CheckTag,
    DeleteTag,
    ListAccessTokens,
    GetAccessToken,
    CreateAccessToken,
    UpdateAccessToken,
    DeleteAccessToken,
    ListOrgAccessTokens,
    GetOrgAccessToken,
    CreateOrgAccessToken,
    UpdateOrgAccessToken,
    DeleteOrgAccessToken,
    ListOrgMembers,
    ExportOrgMembers,
    UpdateOrgMember,
    RemoveOrgMember,
    ListOrgGroups,
    GetOrgGroup,
    CreateOrgGroup,
    ReplaceOrgGroup,
    UpdateOrgGroup,
    DeleteOrgGroup,
    ListOrgGroupMembers,
    AddOrgGroupMember,
    RemoveOrgGroupMember,
    GetOrgSettings,
    UpdateOrgSettings,
    ListAuditLogs,
    ListAuditLogActions,
    ListOrgInvites,
    CreateOrgInvites,
    ResendOrgInvite,
    CancelOrgInvite,
    ScimGetProviderConfig,
    ScimListResourceTypes,
    ScimGetResourceType,
    ScimListSchemas,
    ScimGetSchema,
    ScimListUsers,
    ScimGetUser,
    ScimCreateUser,
    ScimUpdateUser,
    SearchRepositories,
    ListHardenedImages,
    GetCurrentUser,
    ListOrganizations,
    GetOrganization,
)
