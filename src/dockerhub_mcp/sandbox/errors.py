"""The ways the Hub says no. Its services do not agree on one shape, so neither does the sandbox."""

from typing import Any

SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SCIM_JSON = "application/scim+json"


class RefusalError(Exception):
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


def refusal(status: int, message: str, errinfo: dict[str, Any] | None = None) -> RefusalError:
    """A refusal as the repository services word it."""
    return RefusalError(status, {"message": message, "errinfo": errinfo if errinfo is not None else {}})


def account_refusal(status: int, detail: str) -> RefusalError:
    """A refusal as the account services (logins, organizations) word it."""
    return RefusalError(status, {"detail": detail})


def invalid(problem: str, field: str) -> RefusalError:
    """A value the Hub does not accept, named by field."""
    return RefusalError(400, {"fields": {field: [problem]}, "text": problem})


def invalid_fields(problems: dict[str, list[str]]) -> RefusalError:
    """Several values the Hub does not accept."""
    return RefusalError(400, {"fields": problems, "text": "Validation failed"})


def repository_not_found(namespace: str, repository: str) -> RefusalError:
    """The one answer for a repository that is missing and for one the caller may not know of."""
    return refusal(404, "object not found", {"namespace": namespace, "repository": repository})


def tag_not_found(namespace: str, repository: str, tag: str | None = None) -> RefusalError:
    """No such tag, or no such page of tags."""
    info = {"namespace": namespace, "repository": repository}
    if tag is not None:
        info["tag"] = tag
    return refusal(404, "httperror 404: object not found", info)


def not_found() -> RefusalError:
    """No such page of repositories, or no such route."""
    return RefusalError(404, {"message": "not found", "errinfo": None})


def no_such_organization() -> RefusalError:
    """The organization does not exist."""
    return account_refusal(404, "No such organization")


def unauthorized() -> RefusalError:
    """The bearer is missing where one is needed, or is not (or no longer) good."""
    return refusal(401, "unauthorized")


def forbidden() -> RefusalError:
    """Known, but not allowed."""
    return refusal(403, "forbidden")


def personal_access_token_refused() -> RefusalError:
    """A bearer that came from a personal access token, where those never work."""
    return refusal(403, "token issued from personal access token is not allowed")


def organization_access_token_refused() -> RefusalError:
    """A bearer that came from an organization access token, where those never work."""
    return refusal(403, "token issued from organization access token is not allowed")


def offset_too_large() -> RefusalError:
    """An anonymous caller paged too far."""
    return refusal(403, "pagination offset too large for anonymous requests; sign in to page further")


def too_many_requests(retry_after: int) -> RefusalError:
    """The minute's requests are used up."""
    body = {"detail": "Rate limit exceeded", "error": False}
    return RefusalError(429, body, {"Retry-After": str(retry_after)})


def tag_is_immutable(namespace: str, repository: str, tag: str) -> RefusalError:
    """The tag is one of those that stay as they are."""
    info = {"namespace": namespace, "repository": repository, "tag": tag}
    return refusal(403, "immutable tags cannot be deleted", info)


def scim_refusal(status: int, detail: str) -> RefusalError:
    """A refusal as SCIM words it."""
    body = {"schemas": [SCIM_ERROR], "status": str(status), "detail": detail}
    return RefusalError(status, body, media_type=SCIM_JSON)
