"""Access control: which repositories and organizations a caller can see and change."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request

from dockerhub_mcp.sandbox.auth import SandboxCaller
from dockerhub_mcp.sandbox.context import get_caller, get_hub, require_authenticated_caller
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
    """The permissions of a caller on a repository."""

    level: int
    """The highest permission: 0 none, 1 read, 2 write, 3 admin."""

    def as_json(self) -> dict[str, bool]:
        """Return the permissions in the shape of the Hub's responses."""
        return {name: self.level >= level for name, level in PERMISSION_LEVELS.items()}


def resolve_permissions(
    state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord
) -> Permissions:
    """Return the permissions of a caller on a repository; level 0 hides that the repository exists."""
    level = 0 if repository.is_private else 1
    if caller.kind == "oat":
        level = max(level, _get_oat_level(caller, repository))
    elif caller.kind != "anonymous":
        level = max(level, _get_user_level(state, caller, repository))
    return Permissions(level)


def get_registry_level(state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord) -> int:
    """Return the permission of a caller in the registry, where an OAT needs the scopes of images."""
    if caller.kind != "oat":
        return resolve_permissions(state, caller, repository).level
    scopes = _get_oat_repository_scopes(caller, repository)
    if "scope-repository-admin" in scopes:
        return PERMISSION_LEVELS["admin"]
    if "scope-image-push" in scopes:
        return PERMISSION_LEVELS["write"]
    may_read = not repository.is_private or "scope-image-pull" in scopes
    return PERMISSION_LEVELS["read"] if may_read else 0


def get_visible_repository(
    request: Request, caller: SandboxCaller, namespace: str, name: str
) -> RepositoryRecord:
    """Return a repository that the caller can read.

    Raises:
        SandboxHTTPError: 404 for any other repository, whether it exists or not.
    """
    state = get_hub(request).state
    repository = state.repositories.get((namespace, name))
    if repository is None or resolve_permissions(state, caller, repository).level == 0:
        raise repository_not_found_error(namespace, name)
    return repository


def can_read_tags(caller: SandboxCaller, repository: RepositoryRecord) -> bool:
    """Return whether the caller of a visible repository can read its tags; an OAT needs a scope for that."""
    if caller.kind != "oat" or not repository.is_private:
        return True
    return bool(_get_oat_repository_scopes(caller, repository) & {"scope-tag-read", "scope-tag-admin"})


def filter_listed_repositories(
    state: SandboxState, caller: SandboxCaller, repositories: Iterable[RepositoryRecord]
) -> list[RepositoryRecord]:
    """Return the repositories that lists contain for the caller."""
    return [repository for repository in repositories if _is_listed(state, caller, repository)]


def get_affiliation(state: SandboxState, caller: SandboxCaller, namespace: str) -> str:
    """Return the role of the caller in a namespace, empty without a role."""
    username = caller.username
    if username is None:
        return ""
    if username == namespace:
        return "owner"
    organization = state.organizations.get(namespace)
    return ((organization and organization.get_role(username)) or "").lower()


def get_managed_organization(request: Request, name: str, oat_scope: str | None) -> OrganizationRecord:
    """Return an organization that the caller can manage, as an owner or with an OAT that has the scope.

    Args:
        request: The request.
        name: The name of the organization.
        oat_scope: The scope that an OAT needs; None if no OAT is accepted.

    Raises:
        SandboxHTTPError: 401, 403 or 404 if there is no such organization or the caller cannot manage it.
    """
    caller = require_authenticated_caller(request)
    if caller.kind == "pat":
        raise account_service_error(403, "access to the resource is forbidden with personal access token")
    if caller.kind == "oat" and oat_scope is None:
        raise oat_not_allowed_error()
    organization = get_hub(request).state.organizations.get(name)
    if organization is None:
        raise organization_not_found_error()
    if not can_manage_organization(caller, organization, oat_scope):
        raise repository_service_error(403, "permission denied")
    return organization


def reject_oat_caller(request: Request) -> None:
    """Reject OATs, which most of the older paths do not accept.

    Raises:
        SandboxHTTPError: 403 for an OAT, 401 for an invalid bearer token.
    """
    if get_caller(request).kind == "oat":
        raise oat_not_allowed_error()


def can_manage_organization(
    caller: SandboxCaller, organization: OrganizationRecord, oat_scope: str | None
) -> bool:
    """Return whether the caller is an owner, or an OAT of the organization with the scope."""
    if caller.kind == "oat":
        return (
            caller.name == organization.name
            and oat_scope is not None
            and has_organization_scope(caller, oat_scope)
        )
    return caller.username is not None and organization.get_role(caller.username) == "Owner"


def has_organization_scope(caller: SandboxCaller, scope: str) -> bool:
    """Return whether an OAT has a scope on its organization."""
    return any(
        scope in resource.scopes
        for resource in caller.resources
        if resource.type == "TYPE_ORG" and resource.path == caller.name
    )


def get_modifiable_repository(request: Request, required_level: str, *oat_scopes: str) -> RepositoryRecord:
    """Return a repository that the caller can change.

    Args:
        request: The request, with `namespace` and `repository` in its path.
        required_level: The permission that a user needs: `read`, `write` or `admin`.
        *oat_scopes: The scopes of which an OAT needs one.

    Raises:
        SandboxHTTPError: 401, 403 or 404 if there is no such repository or the caller cannot change it.
    """
    caller = require_authenticated_caller(request)
    namespace, name = request.path_params["namespace"], request.path_params["repository"]
    state = get_hub(request).state
    repository = state.repositories.get((namespace, name))
    if repository is None:
        raise repository_not_found_error(namespace, name)
    if caller.kind != "oat":
        level = resolve_permissions(state, caller, repository).level
        if level == 0:
            raise repository_not_found_error(namespace, name)
        if level < PERMISSION_LEVELS[required_level]:
            raise forbidden_error()
        return repository
    scopes = _get_oat_repository_scopes(caller, repository)
    if repository.is_private and not scopes:
        raise repository_not_found_error(namespace, name)
    # A token with access to all public repositories can change only those of its own organization.
    if namespace != caller.name or not scopes & set(oat_scopes):
        raise forbidden_error()
    return repository


def require_create_permission(state: SandboxState, caller: SandboxCaller, namespace: str) -> None:
    """Require that the caller can create repositories in a namespace.

    Raises:
        SandboxHTTPError: 403 or 404 if the caller cannot.
    """
    if caller.kind == "oat":
        if caller.name != namespace or not has_organization_scope(caller, "scope-repository-create"):
            raise forbidden_error()
        return
    organization = state.organizations.get(namespace)
    if organization is None and namespace not in state.users:
        raise repository_service_error(404, "object not found", {"namespace": namespace})
    role = organization.get_role(caller.name) if organization else None
    if _get_pat_level(caller) < PERMISSION_LEVELS["write"] or (
        caller.name != namespace and role not in MANAGING_ROLES
    ):
        raise forbidden_error()


def _is_listed(state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord) -> bool:
    if not repository.is_private:
        return True
    if caller.kind == "oat":
        return caller.name == repository.namespace and has_organization_scope(caller, "scope-repository-list")
    return resolve_permissions(state, caller, repository).level > 0


def _get_pat_level(caller: SandboxCaller) -> int:
    if caller.kind != "pat":
        return PERMISSION_LEVELS["admin"]
    return max((PAT_SCOPE_LEVELS.get(scope, 0) for scope in caller.scopes), default=0)


def _get_user_level(state: SandboxState, caller: SandboxCaller, repository: RepositoryRecord) -> int:
    if repository.is_private and caller.kind == "pat" and caller.scopes <= {"repo:public_read"}:
        return 0
    return min(_get_member_level(state, caller.name, repository), _get_pat_level(caller))


def _get_member_level(state: SandboxState, username: str, repository: RepositoryRecord) -> int:
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


def _get_oat_repository_scopes(caller: SandboxCaller, repository: RepositoryRecord) -> set[str]:
    paths = {f"{repository.namespace}/{repository.name}", f"{repository.namespace}/*"}
    if not repository.is_private:
        paths.add("*/*/public")
    return {
        scope
        for resource in caller.resources
        if resource.type == "TYPE_REPO" and resource.path in paths
        for scope in resource.scopes
    }


def _get_oat_level(caller: SandboxCaller, repository: RepositoryRecord) -> int:
    scopes = _get_oat_repository_scopes(caller, repository)
    if "scope-repository-admin" in scopes:
        return PERMISSION_LEVELS["admin"]
    if scopes & {"scope-repository-edit", "scope-image-push"}:
        return PERMISSION_LEVELS["write"]
    return PERMISSION_LEVELS["read"] if scopes & {"scope-repository-read"} else 0
