"""Who may see and do what."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.context import get_hub, require_authenticated_caller
from dockerhub_mcp.sandbox.errors import (
    account_service_error,
    forbidden_error,
    oat_not_allowed_error,
    organization_not_found_error,
    repository_not_found_error,
    repository_service_error,
)
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord, SandboxState

PERMISSION_LEVELS = {"read": 1, "write": 2, "admin": 3}
PAT_SCOPE_LEVELS = {"repo:public_read": 1, "repo:read": 1, "repo:write": 2, "repo:admin": 3}
MANAGING_ROLES = {"Owner", "Editor"}


@dataclass(frozen=True)
class Permissions:
    """What somebody may do with a repository."""

    level: int

    def as_json(self) -> dict[str, bool]:
        """The permissions in the Hub's shape."""
        return {name: self.level >= level for name, level in PERMISSION_LEVELS.items()}


def resolve_permissions(
    state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord
) -> Permissions:
    """What the caller may do with a repository; level 0 means not even know of it."""
    level = 0 if repository.is_private else 1
    if caller.kind == "oat":
        level = max(level, _oat_level(caller, repository))
    elif caller.kind != "anonymous":
        level = max(level, _user_level(state, caller, repository))
    return Permissions(level)


def get_visible_repository(
    request: Request, caller: SandboxCaller, namespace: str, name: str
) -> RepositoryRecord:
    """A repository the caller may read; anything else does not exist for them."""
    state = get_hub(request).state
    found = state.repositories.get((namespace, name))
    if found is None or resolve_permissions(state, caller, found).level == 0:
        raise repository_not_found_error(namespace, name)
    return found


def can_read_tags(caller: SandboxCaller, repository: RepositoryRecord) -> bool:
    """Whether an organization access token covers the tags of a repository; others always do."""
    if caller.kind != "oat" or not repository.is_private:
        return True
    return bool(_oat_repository_scopes(caller, repository) & {"scope-tag-read", "scope-tag-admin"})


def filter_listed_repositories(
    state: SandboxState, caller: SandboxCaller, repositories: Iterable[RepositoryRecord]
) -> list[RepositoryRecord]:
    """The repositories that show up in a list; the others are left out without a word."""
    return [found for found in repositories if _is_listed(state, caller, found)]


def get_affiliation(state: SandboxState, caller: SandboxCaller, namespace: str) -> str:
    """How the caller belongs to a namespace, in the word the Hub uses."""
    username = caller.username
    if username is None:
        return ""
    if username == namespace:
        return "owner"
    organization = state.organizations.get(namespace)
    return ((organization and organization.get_role(username)) or "").lower()


def get_managed_organization(request: Request, name: str, oat_scope: str | None) -> OrganizationRecord:
    """An organization the caller may look into: as an owner, or with an OAT that has the scope."""
    asking = require_authenticated_caller(request)
    if asking.kind == "pat":
        raise account_service_error(403, "access to the resource is forbidden with personal access token")
    if asking.kind == "oat" and oat_scope is None:
        raise oat_not_allowed_error()
    organization = get_hub(request).state.organizations.get(name)
    if organization is None:
        raise organization_not_found_error()
    if not can_manage_organization(asking, organization, oat_scope):
        raise repository_service_error(403, "permission denied")
    return organization


def can_manage_organization(
    caller: SandboxCaller, organization: OrganizationRecord, oat_scope: str | None
) -> bool:
    """Whether the caller is an owner, or an OAT of the organization with the scope."""
    if caller.kind == "oat":
        return (
            caller.name == organization.name
            and oat_scope is not None
            and has_organization_scope(caller, oat_scope)
        )
    return caller.username is not None and organization.get_role(caller.username) == "Owner"


def has_organization_scope(caller: SandboxCaller, scope: str) -> bool:
    """Whether an OAT has a scope on its organization as a whole."""
    return any(
        scope in resource.scopes
        for resource in caller.resources
        if resource.type == "TYPE_ORG" and resource.path == caller.name
    )


def get_modifiable_repository(request: Request, required_level: str, *oat_scopes: str) -> RepositoryRecord:
    """A repository the caller may change: as a user with a level, or with an OAT that has a scope."""
    asking = require_authenticated_caller(request)
    namespace, name = request.path_params["namespace"], request.path_params["repository"]
    state = get_hub(request).state
    found = state.repositories.get((namespace, name))
    if found is None:
        raise repository_not_found_error(namespace, name)
    if asking.kind != "oat":
        level_of_caller = resolve_permissions(state, asking, found).level
        if level_of_caller == 0:
            raise repository_not_found_error(namespace, name)
        if level_of_caller < PERMISSION_LEVELS[required_level]:
            raise forbidden_error()
        return found
    granted = _oat_repository_scopes(asking, found)
    if found.is_private and not granted:
        raise repository_not_found_error(namespace, name)
    # A token may cover all public repositories, but changes those of its own organization only.
    if namespace != asking.name or not granted & set(oat_scopes):
        raise forbidden_error()
    return found


def require_create_permission(state: SandboxState, caller: SandboxCaller, namespace: str) -> None:
    """Refuse a caller who may not create repositories in a namespace."""
    if caller.kind == "oat":
        if caller.name != namespace or not has_organization_scope(caller, "scope-repository-create"):
            raise forbidden_error()
        return
    organization = state.organizations.get(namespace)
    if organization is None and namespace not in state.users:
        raise repository_service_error(404, "object not found", {"namespace": namespace})
    role = organization.get_role(caller.name) if organization else None
    if _pat_level(caller) < PERMISSION_LEVELS["write"] or (
        caller.name != namespace and role not in MANAGING_ROLES
    ):
        raise forbidden_error()


def _is_listed(state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord) -> bool:
    if not repository.is_private:
        return True
    if caller.kind == "oat":
        return caller.name == repository.namespace and has_organization_scope(caller, "scope-repository-list")
    return resolve_permissions(state, caller, repository).level > 0


def _pat_level(caller: SandboxCaller) -> int:
    if caller.kind != "pat":
        return PERMISSION_LEVELS["admin"]
    return max((PAT_SCOPE_LEVELS.get(scope, 0) for scope in caller.scopes), default=0)


def _user_level(state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord) -> int:
    if repository.is_private and caller.kind == "pat" and caller.scopes <= {"repo:public_read"}:
        return 0
    return min(_member_level(state, caller.name, repository), _pat_level(caller))


def _member_level(state: SandboxState, username: str, repository: RepositoryRecord) -> int:
    if repository.namespace == username:
        return PERMISSION_LEVELS["admin"]
    organization = state.organizations.get(repository.namespace)
    if organization is None or organization.get_role(username) is None:
        return 0
    if organization.get_role(username) in MANAGING_ROLES:
        return PERMISSION_LEVELS["admin"]
    teams = organization.get_group_names(username)
    return max(
        (PERMISSION_LEVELS[repository.permissions[team]] for team in teams if team in repository.permissions),
        default=0,
    )


def _oat_repository_scopes(caller: SandboxCaller, repository: RepositoryRecord) -> set[str]:
    paths = {f"{repository.namespace}/{repository.name}", f"{repository.namespace}/*"}
    if not repository.is_private:
        paths.add("*/*/public")
    return {
        scope
        for resource in caller.resources
        if resource.type == "TYPE_REPO" and resource.path in paths
        for scope in resource.scopes
    }


def _oat_level(caller: SandboxCaller, repository: RepositoryRecord) -> int:
    scopes = _oat_repository_scopes(caller, repository)
    if "scope-repository-admin" in scopes:
        return PERMISSION_LEVELS["admin"]
    if scopes & {"scope-repository-edit", "scope-image-push"}:
        return PERMISSION_LEVELS["write"]
    return PERMISSION_LEVELS["read"] if scopes & {"scope-repository-read"} else 0
