"""The ways the Hub says no. Its services do not agree on one shape, so neither does the sandbox."""

from typing import Any

SCIM_ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"
SCIM_MEDIA_TYPE = "application/scim+json"


class SandboxHTTPError(Exception):
    """An answer other than success, to be sent as it stands."""

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
    """A refusal as the repository services word it."""
    return SandboxHTTPError(status, {"message": message, "errinfo": errinfo if errinfo is not None else {}})


def account_service_error(status: int, detail: str) -> SandboxHTTPError:
    """A refusal as the account services (logins, organizations) word it."""
    return SandboxHTTPError(status, {"detail": detail})


def invalid_field_error(message: str, field: str) -> SandboxHTTPError:
    """A value the Hub does not accept, named by field."""
    return SandboxHTTPError(400, {"fields": {field: [message]}, "text": message})


def invalid_fields_error(field_errors: dict[str, list[str]]) -> SandboxHTTPError:
    """Several values the Hub does not accept."""
    return SandboxHTTPError(400, {"fields": field_errors, "text": "Validation failed"})


def repository_not_found_error(namespace: str, repository: str) -> SandboxHTTPError:
    """The one answer for a repository that is missing and for one the caller may not know of."""
    return repository_service_error(
        404, "object not found", {"namespace": namespace, "repository": repository}
    )


def tag_not_found_error(namespace: str, repository: str, tag: str | None = None) -> SandboxHTTPError:
    """No such tag, or no such page of tags."""
    info = {"namespace": namespace, "repository": repository}
    if tag is not None:
        info["tag"] = tag
    return repository_service_error(404, "httperror 404: object not found", info)


def not_found_error() -> SandboxHTTPError:
    """No such page of repositories, or no such route."""
    return SandboxHTTPError(404, {"message": "not found", "errinfo": None})


def organization_not_found_error() -> SandboxHTTPError:
    """The organization does not exist."""
    return account_service_error(404, "No such organization")


def unauthorized_error() -> SandboxHTTPError:
    """The bearer is missing where one is needed, or is not (or no longer) good."""
    return repository_service_error(401, "unauthorized")


def forbidden_error() -> SandboxHTTPError:
    """Known, but not allowed."""
    return repository_service_error(403, "forbidden")


def pat_not_allowed_error() -> SandboxHTTPError:
    """A bearer that came from a personal access token, where those never work."""
    return repository_service_error(403, "token issued from personal access token is not allowed")


def oat_not_allowed_error() -> SandboxHTTPError:
    """A bearer that came from an organization access token, where those never work."""
    return repository_service_error(403, "token issued from organization access token is not allowed")


def offset_too_large_error() -> SandboxHTTPError:
    """An anonymous caller paged too far."""
    return repository_service_error(
        403, "pagination offset too large for anonymous requests; sign in to page further"
    )


def too_many_requests_error(retry_after: int) -> SandboxHTTPError:
    """The minute's requests are used up."""
    body = {"detail": "Rate limit exceeded", "error": False}
    return SandboxHTTPError(429, body, {"Retry-After": str(retry_after)})


def immutable_tag_error(namespace: str, repository: str, tag: str) -> SandboxHTTPError:
    """The tag is one of those that stay as they are."""
    info = {"namespace": namespace, "repository": repository, "tag": tag}
    return repository_service_error(403, "immutable tags cannot be deleted", info)


def scim_error(status: int, detail: str) -> SandboxHTTPError:
    """A refusal as SCIM words it."""
    body = {"schemas": [SCIM_ERROR_SCHEMA], "status": str(status), "detail": detail}
    return SandboxHTTPError(status, body, media_type=SCIM_MEDIA_TYPE)
