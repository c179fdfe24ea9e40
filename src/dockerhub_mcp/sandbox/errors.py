"""The Hub's error responses. Its services use different shapes, so the sandbox does too."""

from typing import Any

SCIM_ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"
SCIM_MEDIA_TYPE = "application/scim+json"


class SandboxHTTPError(Exception):
    """An error response: status, JSON body, headers and media type."""

    def __init__(
        self,
        status: int,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
        media_type: str = "application/json",
    ) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.media_type = media_type


def repository_service_error(
    status: int, message: str, errinfo: dict[str, Any] | None = None
) -> SandboxHTTPError:
    """Return an error in the shape of the repository services."""
    return SandboxHTTPError(status, {"message": message, "errinfo": errinfo if errinfo is not None else {}})


def account_service_error(status: int, detail: str) -> SandboxHTTPError:
    """Return an error in the shape of the account services, for logins and organizations."""
    return SandboxHTTPError(status, {"detail": detail})


def invalid_field_error(message: str, field: str) -> SandboxHTTPError:
    """Return the error for one invalid field or query parameter."""
    return SandboxHTTPError(400, {"fields": {field: [message]}, "text": message})


def invalid_fields_error(field_errors: dict[str, list[str]]) -> SandboxHTTPError:
    """Return the error for a body with several invalid fields."""
    return SandboxHTTPError(400, {"fields": field_errors, "text": "Validation failed"})


def repository_not_found_error(namespace: str, repository: str) -> SandboxHTTPError:
    """Return the error for a repository that does not exist or that the caller may not see."""
    return repository_service_error(
        404, "object not found", {"namespace": namespace, "repository": repository}
    )


def tag_not_found_error(namespace: str, repository: str, tag: str) -> SandboxHTTPError:
    """Return the error for a missing tag."""
    info = {"namespace": namespace, "repository": repository, "tag": tag}
    return repository_service_error(404, f"httperror 404: tag '{tag}' not found", info)


def tag_page_not_found_error(namespace: str, repository: str) -> SandboxHTTPError:
    """Return the error for a missing page of tags."""
    info = {"namespace": namespace, "repository": repository}
    return repository_service_error(404, "httperror 404: object not found", info)


def not_found_error() -> SandboxHTTPError:
    """Return the error for a missing page of repositories, or for a missing team of a repository."""
    return SandboxHTTPError(404, {"message": "not found", "errinfo": None})


def organization_not_found_error() -> SandboxHTTPError:
    """Return the error for a missing organization."""
    return account_service_error(404, "No such organization")


def unauthorized_error() -> SandboxHTTPError:
    """Return the error for a bearer token that is missing, invalid or expired."""
    return repository_service_error(401, "unauthorized")


def forbidden_error() -> SandboxHTTPError:
    """Return the error for an action that the caller is not allowed to perform."""
    return repository_service_error(403, "forbidden")


def pat_not_allowed_error() -> SandboxHTTPError:
    """Return the error for a personal access token, where none are accepted."""
    return repository_service_error(403, "token issued from personal access token is not allowed")


def own_account_not_allowed_error() -> SandboxHTTPError:
    """Return the error for reading the own account with a personal access token."""
    return repository_service_error(403, "access is forbidden with a JWT issued from a personal access token")


def oat_not_allowed_error() -> SandboxHTTPError:
    """Return the error for an organization access token, where none are accepted."""
    return repository_service_error(403, "token issued from organization access token is not allowed")


def offset_too_large_error() -> SandboxHTTPError:
    """Return the error for an anonymous request of a page that only signed-in callers may read."""
    return repository_service_error(
        403, "pagination offset too large for anonymous requests; sign in to page further"
    )


def too_many_requests_error(reset: int) -> SandboxHTTPError:
    """Return the error for a rate limit that is exceeded until `reset`, in seconds since the epoch."""
    body = {"detail": "Rate limit exceeded", "error": False}
    # The Hub sends the time of the reset here, where others send a number of seconds.
    return SandboxHTTPError(429, body, {"Retry-After": str(reset)})


def immutable_tag_error(namespace: str, repository: str, tag: str) -> SandboxHTTPError:
    """Return the error for deleting an immutable tag."""
    info = {"namespace": namespace, "repository": repository, "tag": tag}
    return repository_service_error(403, "immutable tags cannot be deleted", info)


def scim_error(status: int, detail: str) -> SandboxHTTPError:
    """Return an error in the shape of SCIM."""
    body = {"schemas": [SCIM_ERROR_SCHEMA], "status": str(status), "detail": detail}
    return SandboxHTTPError(status, body, media_type=SCIM_MEDIA_TYPE)
