"""The parts of the registry that its handlers work with, and the caller of a request."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from dockerhub_mcp.sandbox.registry.errors import challenge_error, denied_error, repository_unknown_error
from dockerhub_mcp.sandbox.registry.paths import TOKEN_PATH
from dockerhub_mcp.sandbox.registry.pull_limits import PullAllowance, PullLimits
from dockerhub_mcp.sandbox.registry.tokens import (
    SERVICE,
    InvalidTokenError,
    RegistryCaller,
    RegistryTokenIssuer,
)
from dockerhub_mcp.sandbox.state import RepositoryRecord, SandboxState

UNLIMITED_BADGES = {"open_source", "verified_publisher"}
"""The badges of publishers that pay for pulls of their images, or have them sponsored by Docker."""


@dataclass(frozen=True)
class SandboxRegistry:
    """The parts of the registry that handlers work with."""

    state: SandboxState
    token_issuer: RegistryTokenIssuer
    pull_limits: PullLimits


def get_registry(request: Request) -> SandboxRegistry:
    """Return the registry that a request was sent to."""
    return cast("SandboxRegistry", request.app.state.registry)


def require_registry_caller(request: Request) -> RegistryCaller:
    """Return the bearer of the token of a request.

    Raises:
        SandboxHTTPError: 401 with a challenge for a token that is missing or invalid.
    """
    return _authenticate(request, None)


def require_repository(request: Request, action: str) -> tuple[RegistryCaller, RepositoryRecord]:
    """Return the caller and the repository that it may use for an action: `pull`, `push` or `delete`.

    Raises:
        SandboxHTTPError: 401 with a challenge, also for repositories that do not exist; 403 where the
            token only allows to pull; 404 for a missing repository that the caller could create.
    """
    namespace, name = request.path_params["namespace"], request.path_params["repository"]
    path = f"{namespace}/{name}"
    caller = _authenticate(request, (path, action))
    if not caller.may(action, path):
        if action != "pull" and caller.may("pull", path):
            raise denied_error()
        raise _build_challenge(request, (path, action), "insufficient_scope")
    repository = get_registry(request).state.repositories.get((namespace, name))
    if repository is None:
        raise repository_unknown_error(path)
    return caller, repository


def find_allowance(
    request: Request, caller: RegistryCaller, repository: RepositoryRecord
) -> PullAllowance | None:
    """Return what the pulls of a caller are counted against, None where they have no limit."""
    registry = get_registry(request)
    publisher = registry.state.organizations.get(repository.namespace)
    if caller.has_plan or (publisher is not None and publisher.badge in UNLIMITED_BADGES):
        return None
    limits = registry.pull_limits
    limit = limits.personal_limit if caller.account else limits.anonymous_limit
    if limit is None:
        return None
    return PullAllowance(caller.account_id or (request.client.host if request.client else "unknown"), limit)


def _authenticate(request: Request, scope: tuple[str, str] | None) -> RegistryCaller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise _build_challenge(request, scope)
    if scheme.lower() != "bearer":
        raise _build_challenge(request, scope, "invalid_token")
    try:
        return get_registry(request).token_issuer.verify_token(token.strip())
    except InvalidTokenError:
        raise _build_challenge(request, scope, "invalid_token") from None


def _build_challenge(request: Request, scope: tuple[str, str] | None, error: str = "") -> Exception:
    realm = str(request.base_url).rstrip("/") + TOKEN_PATH
    parameters = {"realm": realm, "service": SERVICE}
    detail = None
    if scope is not None:
        name, action = scope
        actions = action if action == "pull" else f"pull,{action}"
        parameters["scope"] = f"repository:{name}:{actions}"
        detail = [{"Type": "repository", "Class": "", "Name": name, "Action": action}]
    if error:
        parameters["error"] = error
    challenge = "Bearer " + ",".join(f'{key}="{value}"' for key, value in parameters.items())
    return challenge_error(challenge, detail)
