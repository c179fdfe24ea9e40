"""The error responses of the registry: a list of errors, each with a code."""

from typing import Any

from dockerhub_mcp.sandbox.errors import SandboxHTTPError

PULL_LIMIT_MESSAGE = (
    "You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: "
    "https://www.docker.com/increase-rate-limit"
)


def registry_error(
    status: int, code: str, message: str, detail: Any = None, headers: dict[str, str] | None = None
) -> SandboxHTTPError:
    """Return an error in the shape of the registry."""
    error: dict[str, Any] = {"code": code, "message": message}
    if detail is not None:
        error["detail"] = detail
    return SandboxHTTPError(status, {"errors": [error]}, headers)


def challenge_error(challenge: str, detail: Any = None) -> SandboxHTTPError:
    """Return the error for a request without a token that allows it."""
    headers = {"WWW-Authenticate": challenge}
    return registry_error(401, "UNAUTHORIZED", "authentication required", detail, headers)


def denied_error() -> SandboxHTTPError:
    """Return the error for an action that the account may not perform, although it may pull."""
    return registry_error(403, "DENIED", "requested access to the resource is denied")


def repository_unknown_error(name: str) -> SandboxHTTPError:
    """Return the error for a repository that does not exist, to callers that could create it."""
    return registry_error(404, "NAME_UNKNOWN", "repository name not known to registry", {"name": name})


def manifest_unknown_error(reference: str) -> SandboxHTTPError:
    """Return the error for a tag or digest that does not exist."""
    detail = f"unknown tag={reference}" if ":" not in reference else f"unknown manifest {reference}"
    return registry_error(404, "MANIFEST_UNKNOWN", "manifest unknown", detail)


def blob_unknown_error(message: str, digest: str) -> SandboxHTTPError:
    """Return the error for a blob that is not stored."""
    return registry_error(404, "BLOB_UNKNOWN", message, {"digest": digest})


def manifest_referenced_error(digest: str) -> SandboxHTTPError:
    """Return the error for deleting a manifest that a tag or an index refers to."""
    message = f"manifest {digest} cannot be deleted as it is referenced by other images"
    return registry_error(403, "DENIED", message)


def digest_required_error() -> SandboxHTTPError:
    """Return the error for deleting a manifest by a tag."""
    return registry_error(405, "UNSUPPORTED", "Only digest-based deletion is allowed")


def unsupported_error() -> SandboxHTTPError:
    """Return the error for an operation that the registry does not support."""
    return registry_error(405, "UNSUPPORTED", "The operation is unsupported.")


def pull_limit_error(headers: dict[str, str]) -> SandboxHTTPError:
    """Return the error for a pull beyond the limit."""
    return registry_error(429, "TOOMANYREQUESTS", PULL_LIMIT_MESSAGE, None, headers)
