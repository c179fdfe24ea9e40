"""Models of the Hub's responses."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dockerhub_mcp.hub.models.accounts import (
        CurrentUser,
        HardenedImage,
        HardenedImages,
        Organization,
        Publisher,
        SearchResult,
        SearchResults,
        User,
    )
    from dockerhub_mcp.hub.models.audit_logs import (
        AuditLogAction,
        AuditLogActionGroup,
        AuditLogActions,
        AuditLogEvent,
    )
    from dockerhub_mcp.hub.models.base import (
        Acknowledgement,
        Display,
        Existence,
        HubModel,
        ItemList,
        Page,
        Shown,
        SignInStatus,
    )
    from dockerhub_mcp.hub.models.images import Image, Layer, Platform, PlatformImage
    from dockerhub_mcp.hub.models.organizations import (
        AccessToken,
        BulkInvites,
        GroupMember,
        Invite,
        InviteResult,
        MembersExport,
        OrgAccessToken,
        OrgAccessTokenDetail,
        OrgAccessTokenResource,
        OrgGroup,
        OrgMember,
        OrgSettings,
        RestrictedImages,
    )
    from dockerhub_mcp.hub.models.repositories import (
        Category,
        ImmutableTagsSettings,
        Repository,
        RepositoryGroup,
        RepositoryPermissions,
        RepositorySummary,
    )
    from dockerhub_mcp.hub.models.scim import (
        ScimMeta,
        ScimName,
        ScimResourceType,
        ScimResourceTypes,
        ScimSchema,
        ScimSchemas,
        ScimServiceProviderConfig,
        ScimUser,
        ScimUsers,
    )
    from dockerhub_mcp.hub.models.tags import (
        CountedTag,
        MatchingTags,
        Tag,
        TagDigests,
        TagOverview,
        TagSummary,
    )

__all__ = [
    "AccessToken",
    "Acknowledgement",
    "AuditLogAction",
    "AuditLogActionGroup",
    "AuditLogActions",
    "AuditLogEvent",
    "BulkInvites",
    "Category",
    "CountedTag",
    "CurrentUser",
    "Display",
    "Existence",
    "GroupMember",
    "HardenedImage",
    "HardenedImages",
    "HubModel",
    "Image",
    "ImmutableTagsSettings",
    "Invite",
    "InviteResult",
    "ItemList",
    "Layer",
    "MatchingTags",
    "MembersExport",
    "OrgAccessToken",
    "OrgAccessTokenDetail",
    "OrgAccessTokenResource",
    "OrgGroup",
    "OrgMember",
    "OrgSettings",
    "Organization",
    "Page",
    "Platform",
    "PlatformImage",
    "Publisher",
    "Repository",
    "RepositoryGroup",
    "RepositoryPermissions",
    "RepositorySummary",
    "RestrictedImages",
    "ScimMeta",
    "ScimName",
    "ScimResourceType",
    "ScimResourceTypes",
    "ScimSchema",
    "ScimSchemas",
    "ScimServiceProviderConfig",
    "ScimUser",
    "ScimUsers",
    "SearchResult",
    "SearchResults",
    "Shown",
    "SignInStatus",
    "Tag",
    "TagDigests",
    "TagOverview",
    "TagSummary",
    "User",
]

_MODULES = {
    "accounts": (
        "CurrentUser",
        "HardenedImage",
        "HardenedImages",
        "Organization",
        "Publisher",
        "SearchResult",
        "SearchResults",
        "User",
    ),
    "audit_logs": (
        "AuditLogAction",
        "AuditLogActionGroup",
        "AuditLogActions",
        "AuditLogEvent",
    ),
    "base": (
        "Acknowledgement",
        "Display",
        "Existence",
        "HubModel",
        "ItemList",
        "Page",
        "Shown",
        "SignInStatus",
    ),
    "images": (
        "Image",
        "Layer",
        "Platform",
        "PlatformImage",
    ),
    "organizations": (
        "AccessToken",
        "BulkInvites",
        "GroupMember",
        "Invite",
        "InviteResult",
        "MembersExport",
        "OrgAccessToken",
        "OrgAccessTokenDetail",
        "OrgAccessTokenResource",
        "OrgGroup",
        "OrgMember",
        "OrgSettings",
        "RestrictedImages",
    ),
    "repositories": (
        "Category",
        "ImmutableTagsSettings",
        "Repository",
        "RepositoryGroup",
        "RepositoryPermissions",
        "RepositorySummary",
    ),
    "scim": (
        "ScimMeta",
        "ScimName",
        "ScimResourceType",
        "ScimResourceTypes",
        "ScimSchema",
        "ScimSchemas",
        "ScimServiceProviderConfig",
        "ScimUser",
        "ScimUsers",
    ),
    "tags": (
        "CountedTag",
        "MatchingTags",
        "Tag",
        "TagDigests",
        "TagOverview",
        "TagSummary",
    ),
}
_MODULE_BY_NAME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a model on first use: defining one takes a millisecond, and a call needs a few of them."""
    if name not in _MODULE_BY_NAME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"{__name__}.{_MODULE_BY_NAME[name]}"), name)
    globals()[name] = value
    return value
