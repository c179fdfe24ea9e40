"""The catalogue: every method of the Hub that this client knows, in the order of the reference."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub.method import Method
from dockerhub_mcp.hub.methods.access_tokens import GetAccessToken, ListAccessTokens
from dockerhub_mcp.hub.methods.audit_logs import ListAuditLogActions, ListAuditLogs
from dockerhub_mcp.hub.methods.authentication import Complete2FALogin, CreateAuthToken, Login
from dockerhub_mcp.hub.methods.groups import ListOrgGroups
from dockerhub_mcp.hub.methods.members import ListOrgMembers
from dockerhub_mcp.hub.methods.org_access_tokens import ListOrgAccessTokens
from dockerhub_mcp.hub.methods.org_settings import GetOrgSettings
from dockerhub_mcp.hub.methods.repositories import (
    CheckRepository,
    CreateRepository,
    GetRepository,
    ListRepositories,
)
from dockerhub_mcp.hub.methods.tags import CheckTag, GetTag, ListTags

__all__ = [
    "CATALOGUE",
    "CheckRepository",
    "CheckTag",
    "Complete2FALogin",
    "CreateAuthToken",
    "CreateRepository",
    "GetAccessToken",
    "GetOrgSettings",
    "GetRepository",
    "GetTag",
    "ListAccessTokens",
    "ListAuditLogActions",
    "ListAuditLogs",
    "ListOrgAccessTokens",
    "ListOrgGroups",
    "ListOrgMembers",
    "ListRepositories",
    "ListTags",
    "Login",
]

CATALOGUE: tuple[type[Method[Any]], ...] = (
    CreateAuthToken,
    Login,
    Complete2FALogin,
    ListRepositories,
    GetRepository,
    CheckRepository,
    CreateRepository,
    ListTags,
    GetTag,
    CheckTag,
    ListAccessTokens,
    GetAccessToken,
    ListOrgAccessTokens,
    ListOrgMembers,
    ListOrgGroups,
    GetOrgSettings,
    ListAuditLogs,
    ListAuditLogActions,
)
