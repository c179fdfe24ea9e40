"""Who may see and do what."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import Caller
from dockerhub_mcp.sandbox.context import hub, signed_in
from dockerhub_mcp.sandbox.errors import (
    account_refusal,
    forbidden,
    no_such_organization,
    organization_access_token_refused,
    refusal,
    repository_not_found,
)
from dockerhub_mcp.sandbox.state import Organization, Repository, State

LEVELS = {"read": 1, "write": 2, "admin": 3}
PAT_LEVELS = {"repo:public_read": 1, "repo:read": 1, "repo:write": 2, "repo:admin": 3}
MANAGING_ROLES = {"Owner", "Editor"}


@dataclass(frozen=True)
class Permissions:
    """What somebody may do with a repository."""

    level: int

    def as_json(self) -> dict[str, bool]:
        """The permissions in the Hub's shape."""
        return {name: self.level >= level for name, level in LEVELS.items()}


def permissions(state: State, caller: Caller, repository: Repository) -> Permissions:
    """What the caller may do with a repository; level 0 means not even know of it."""
    level = 0 if repository.is_private else 1
    if caller.kind == "oat":
        level = max(level, _token_level(caller, repository))
    elif caller.kind != "anonymous":
        level = max(level, _user_level(state, caller, repository))
    return Permissions(level)


def visible_repository(request: Request, caller: Caller, namespace: str, name: str) -> Repository:
    """A repository the caller may read; anything else does not exist for them."""
    state = hub(request).state
    found = state.repositories.get((namespace, name))
    if found is None or permissions(state, caller, found).level == 0:
        raise repository_not_found(namespace, name)
    return found


def may_read_tags(caller: Caller, repository: Repository) -> bool:
    """Whether an organization access token covers the tags of a repository; others always do."""
    if caller.kind != "oat" or not repository.is_private:
        return True
    return bool(_token_scopes(caller, repository) & {"scope-tag-read", "scope-tag-admin"})


def listed(state: State, caller: Caller, repositories: Iterable[Repository]) -> list[Repository]:
    """The repositories that show up in a list; the others are left out without a word."""
    return [found for found in repositories if _is_listed(state, caller, found)]


def affiliation(state: State, caller: Caller, namespace: str) -> str:
    """How the caller belongs to a namespace, in the word the Hub uses."""
    username = caller.username
    if username is None:
        return ""
    if username == namespace:
        return "owner"
    organization = state.organizations.get(namespace)
    return ((organization and organization.role(username)) or "").lower()


def managed_organization(request: Request, name: str, scope: str | None) -> Organization:
    """An organization the caller may look into: as an owner, or with an OAT that has the scope."""
    asking = signed_in(request)
    if asking.kind == "pat":
        raise account_refusal(403, "access to the resource is forbidden with personal access token")
    if asking.kind == "oat" and scope is None:
        raise organization_access_token_refused()
    organization = hub(request).state.organizations.get(name)
    if organization is None:
        raise no_such_organization()
    if not is_manager(asking, organization, scope):
        raise refusal(403, "permission denied")
    return organization


def is_manager(caller: Caller, organization: Organization, scope: str | None) -> bool:
    """Whether the caller is an owner, or an OAT of the organization with the scope."""
    if caller.kind == "oat":
        return caller.name == organization.name and scope is not None and has_scope(caller, scope)
    return caller.username is not None and organization.role(caller.username) == "Owner"


def has_scope(caller: Caller, scope: str) -> bool:
    """Whether an OAT has a scope on its organization as a whole."""
    return any(
        scope in resource.scopes
        for resource in caller.resources
        if resource.type == "TYPE_ORG" and resource.path == caller.name
    )


def changeable_repository(request: Request, level: str, *scopes: str) -> Repository:
    """A repository the caller may change: as a user with a level, or with an OAT that has a scope."""
    asking = signed_in(request)
    namespace, name = request.path_params["namespace"], request.path_params["repository"]
    state = hub(request).state
    found = state.repositories.get((namespace, name))
    if found is None:
        raise repository_not_found(namespace, name)
    if asking.kind != "oat":
        level_of_caller = permissions(state, asking, found).level
        if level_of_caller == 0:
            raise repository_not_found(namespace, name)
        if level_of_caller < LEVELS[level]:
            raise forbidden()
        return found
    granted = _token_scopes(asking, found)
    if found.is_private and not granted:
        raise repository_not_found(namespace, name)
    # A token may cover all public repositories, but changes those of its own organization only.
    if namespace != asking.name or not granted & set(scopes):
        raise forbidden()
    return found


def require_creator(state: State, caller: Caller, namespace: str) -> None:
    """Refuse a caller who may not create repositories in a namespace."""
    if caller.kind == "oat":
        if caller.name != namespace or not has_scope(caller, "scope-repository-create"):
            raise forbidden()
        return
    organization = state.organizations.get(namespace)
    if organization is None and namespace not in state.users:
        raise refusal(404, "object not found", {"namespace": namespace})
    role = organization.role(caller.name) if organization else None
    if _pat_level(caller) < LEVELS["write"] or (caller.name != namespace and role not in MANAGING_ROLES):
        raise forbidden()


def _is_listed(state: State, caller: Caller, repository: Repository) -> bool:
    if not repository.is_private:
        return True
    if caller.kind == "oat":
        return caller.name == repository.namespace and has_scope(caller, "scope-repository-list")
    return permissions(state, caller, repository).level > 0


def _pat_level(caller: Caller) -> int:
    if caller.kind != "pat":
        return LEVELS["admin"]
    return max((PAT_LEVELS.get(scope, 0) for scope in caller.scopes), default=0)


def _user_level(state: State, caller: Caller, repository: Repository) -> int:
    if repository.is_private and caller.kind == "pat" and caller.scopes <= {"repo:public_read"}:
        return 0
    return min(_member_level(state, caller.name, repository), _pat_level(caller))


def _member_level(state: State, username: str, repository: Repository) -> int:
    if repository.namespace == username:
        return LEVELS["admin"]
    organization = state.organizations.get(repository.namespace)
    if organization is None or organization.role(username) is None:
        return 0
    if organization.role(username) in MANAGING_ROLES:
        return LEVELS["admin"]
    teams = organization.groups_of(username)
    return max(
        (LEVELS[repository.permissions[team]] for team in teams if team in repository.permissions), default=0
    )


def _token_scopes(caller: Caller, repository: Repository) -> set[str]:
    paths = {f"{repository.namespace}/{repository.name}", f"{repository.namespace}/*"}
    if not repository.is_private:
        paths.add("*/*/public")
    return {
        scope
        for resource in caller.resources
        if resource.type == "TYPE_REPO" and resource.path in paths
        for scope in resource.scopes
    }


def _token_level(caller: Caller, repository: Repository) -> int:
    scopes = _token_scopes(caller, repository)
    if "scope-repository-admin" in scopes:
        return LEVELS["admin"]
    if scopes & {"scope-repository-edit", "scope-image-push"}:
        return LEVELS["write"]
    return LEVELS["read"] if scopes & {"scope-repository-read"} else 0
