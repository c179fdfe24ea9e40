"""The enumerations that methods are declared with."""

from __future__ import annotations

from enum import StrEnum


class Effect(StrEnum):
    """What a method does to the Hub."""

    READ = "read"
    SIGN_IN = "sign-in"  # changes the account of the client, nothing on the Hub
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"

    @property
    def is_mutation(self) -> bool:
        """Whether the method changes data on the Hub."""
        return self not in {Effect.READ, Effect.SIGN_IN}


class Scope(StrEnum):
    """The permission that a method needs.

    The `repo:` scopes are those of personal access tokens, each including the ones before it.
    `account` means a password sign-in of the account itself; `organization` means a role in the
    organization, or an organization access token with the right scope.
    """

    NONE = "none"
    REPO_PUBLIC_READ = "repo:public_read"
    REPO_READ = "repo:read"
    REPO_WRITE = "repo:write"
    REPO_ADMIN = "repo:admin"
    ACCOUNT = "account"
    ORGANIZATION = "organization"


class ReferenceState(StrEnum):
    """What the official API reference says of a method."""

    DOCUMENTED = "documented"
    DEPRECATED = "deprecated"
    UNDOCUMENTED = "undocumented"  # Docker's own clients use it


class Area(StrEnum):
    """The areas of the API reference, which are also the toolsets, and those of the workflows."""

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
    IMAGES = "images"
    REVIEWS = "reviews"
    CLEANUP = "cleanup"


class Service(StrEnum):
    """The Docker service that a method belongs to."""

    HUB = "hub"
    SCIM = "scim"  # at the Hub's origin, with a separate SCIM token
    SCOUT = "scout"  # at its own origin, with the Hub's bearer token


class CredentialKind(StrEnum):
    """The kind of credentials of a client; each gives access to different methods."""

    ANONYMOUS = "anonymous"
    PASSWORD = "password"
    SESSION = "session of docker login"
    PAT = "personal access token"
    OAT = "organization access token"
    SCIM = "SCIM token"

    @property
    def with_article(self) -> str:
        """The kind with its indefinite article."""
        return f"{'an' if self[0] in 'ao' else 'a'} {self}"

    @classmethod
    def from_secret(cls, secret: str) -> CredentialKind:
        """Return the kind that the prefix of a secret tells; without one it is a password."""
        if secret.startswith("dckr_oat_"):
            return cls.OAT
        return cls.PAT if secret.startswith("dckr_pat_") else cls.PASSWORD
