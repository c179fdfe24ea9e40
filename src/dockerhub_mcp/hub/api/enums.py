"""The words that methods are declared with."""

from __future__ import annotations

from enum import StrEnum


class Effect(StrEnum):
    """What a method does to the Hub."""

    READ = "read"
    SIGN_IN = "sign-in"  # changes who the client is, nothing on the Hub
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"

    @property
    def is_mutation(self) -> bool:
        """Whether anything on the Hub is different afterwards."""
        return self not in {Effect.READ, Effect.SIGN_IN}


class Scope(StrEnum):
    """The permission that a method needs.

    The `repo:` scopes are those of personal access tokens, each including the ones before it.
    `account` means the account itself (a password sign-in), `organization` a role in the organization
    or an organization access token with the right scope.
    """

    NONE = "none"
    REPO_PUBLIC_READ = "repo:public_read"
    REPO_READ = "repo:read"
    REPO_WRITE = "repo:write"
    REPO_ADMIN = "repo:admin"
    ACCOUNT = "account"
    ORGANIZATION = "organization"


class Area(StrEnum):
    """The areas of the API reference, which are the toolsets too."""

    AUTHENTICATION = "authentication"
    REPOSITORIES = "repositories"
    TAGS = "tags"
    ACCESS_TOKENS = "access-tokens"
    ORG_ACCESS_TOKENS = "org-access-tokens"
    MEMBERS = "members"
    GROUPS = "groups"
    ORG_SETTINGS = "org-settings"
    AUDIT_LOGS = "audit-logs"
    INVITES = "invites"
    SCIM = "scim"
    SEARCH = "search"
    ACCOUNT = "account"


class Service(StrEnum):
    """Which of Docker's services answers, and with which token."""

    HUB = "hub"
    SCIM = "scim"  # the Hub's origin, with a SCIM token of its own
    SCOUT = "scout"  # another origin, with the Hub's bearer


class CredentialKind(StrEnum):
    """What kind of credentials somebody has; the Hub allows different things to each."""

    ANONYMOUS = "anonymous"
    PASSWORD = "password"
    PAT = "personal access token"
    OAT = "organization access token"
    SCIM = "SCIM token"

    @property
    def with_article(self) -> str:
        """The kind as a sentence names it."""
        return f"{'an' if self[0] in 'ao' else 'a'} {self}"

    @classmethod
    def from_secret(cls, secret: str) -> CredentialKind:
        """Tell the kind from the prefix that Docker gives its tokens."""
        if secret.startswith("dckr_oat_"):
            return cls.OAT
        return cls.PAT if secret.startswith("dckr_pat_") else cls.PASSWORD
