"""What the Hub returns."""

from dockerhub_mcp.hub.models.base import Existence, HubModel, Page, SignedIn
from dockerhub_mcp.hub.models.organizations import (
    AccessToken,
    AuditLog,
    AuditLogAction,
    AuditLogActionGroup,
    AuditLogActions,
    OrgAccessToken,
    OrgGroup,
    OrgMember,
    OrgSettings,
    RestrictedImages,
)
from dockerhub_mcp.hub.models.repositories import (
    Category,
    Image,
    ImmutableTagsSettings,
    Layer,
    Repository,
    RepositoryEntry,
    RepositoryPermissions,
    Tag,
)

__all__ = [
    "AccessToken",
    "AuditLog",
    "AuditLogAction",
    "AuditLogActionGroup",
    "AuditLogActions",
    "Category",
    "Existence",
    "HubModel",
    "Image",
    "ImmutableTagsSettings",
    "Layer",
    "OrgAccessToken",
    "OrgGroup",
    "OrgMember",
    "OrgSettings",
    "Page",
    "Repository",
    "RepositoryEntry",
    "RepositoryPermissions",
    "RestrictedImages",
    "SignedIn",
    "Tag",
]
