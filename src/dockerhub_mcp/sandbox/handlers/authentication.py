"""Logging in: POST /v2/auth/token, /v2/users/login and /v2/users/2fa-login."""

from dataclasses import dataclass
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.context import SandboxHub, get_hub, read_json_object, require_text_field
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, account_service_error
from dockerhub_mcp.sandbox.state import OrganizationAccessTokenRecord, PersonalAccessTokenRecord, UserRecord

PASSWORD_SESSION_SCOPE = "openid offline_access"


@dataclass(frozen=True)
class _LoginResult:
    source: str
    name: str
    uuid: str
    scope: str
    token_id: str = ""


async def create_bearer_token(request: Request) -> JSONResponse:
    """Exchange a password, a PAT or an OAT for a bearer token."""
    body = await read_json_object(request)
    name, secret = require_text_field(body, "identifier"), require_text_field(body, "secret")
    here = get_hub(request)
    here.login_lockout.require_unlocked(name)
    login = _authenticate_organization(here, name, secret) or _authenticate_user(here, name, secret)
    return JSONResponse({"access_token": _issue_bearer_token(here, login)})


async def log_in_user(request: Request) -> JSONResponse:
    """The older way to log in, for users only."""
    body = await read_json_object(request)
    name, secret = require_text_field(body, "username"), require_text_field(body, "password")
    here = get_hub(request)
    here.login_lockout.require_unlocked(name)
    if name in here.state.organizations:
        raise account_service_error(401, "Cannot log into an organization account")
    found = _authenticate_user(here, name, secret)
    answer = {"token": _issue_bearer_token(here, found)}
    if request.query_params.get("refresh_token") == "true":
        answer["refresh_token"] = here.two_factor_tickets.issue_ticket(found.name)
    return JSONResponse(answer)


async def complete_two_factor_login(request: Request) -> JSONResponse:
    """Finish a login with the code of a second factor."""
    body = await read_json_object(request)
    ticket, code = require_text_field(body, "login_2fa_token"), require_text_field(body, "code")
    here = get_hub(request)
    username = here.two_factor_tickets.redeem_ticket(ticket)
    if username is None:
        raise account_service_error(401, "The second factor login has expired, log in again")
    here.login_lockout.require_unlocked(username)
    user = here.state.users[username]
    if user.two_factor_code is None or not _matches_secret(code, user.two_factor_code):
        here.login_lockout.record_failure(username)
        raise account_service_error(401, "Incorrect two factor code")
    here.login_lockout.record_success(username)
    found = _LoginResult("docker_password", username, user.uuid, PASSWORD_SESSION_SCOPE)
    return JSONResponse({"token": _issue_bearer_token(here, found)})


def _issue_bearer_token(hub: SandboxHub, login_result: _LoginResult) -> str:
    hub.login_lockout.record_success(login_result.name)
    return hub.token_issuer.issue_token(
        login_result.source, login_result.name, login_result.uuid, login_result.scope, login_result.token_id
    )


def _authenticate_organization(hub: SandboxHub, name: str, secret: str) -> _LoginResult | None:
    organization = hub.state.organizations.get(name)
    if organization is None:
        return None
    for token in organization.access_tokens:
        if _matches_secret(secret, token.secret) and _is_usable_token(hub, token):
            token.last_used_at = hub.now()
            scopes = dict.fromkeys(scope for resource in token.resources for scope in resource.scopes)
            return _LoginResult("docker_oat", name, organization.uuid, " ".join(scopes), token.id)
    raise _failed_login_error(hub, name)


def _authenticate_user(hub: SandboxHub, name: str, secret: str) -> _LoginResult:
    user = hub.state.users.get(name)
    if user is None:
        raise _failed_login_error(hub, name)
    if _matches_secret(secret, user.password):
        return _complete_password_login(hub, user)
    for token in hub.state.personal_access_tokens:
        if token.username == name and _matches_secret(secret, token.secret) and _is_usable_token(hub, token):
            token.last_used_at = hub.now()
            return _LoginResult("docker_pat", name, user.uuid, " ".join(token.scopes), token.uuid)
    raise _failed_login_error(hub, name)


def _complete_password_login(hub: SandboxHub, user: UserRecord) -> _LoginResult:
    if user.two_factor_code is not None:
        detail = "Require secondary authentication on MFA enabled account"
        raise SandboxHTTPError(
            401, {"detail": detail, "login_2fa_token": hub.two_factor_tickets.issue_ticket(user.username)}
        )
    return _LoginResult("docker_password", user.username, user.uuid, PASSWORD_SESSION_SCOPE)


def _is_usable_token(
    hub: SandboxHub, token: PersonalAccessTokenRecord | OrganizationAccessTokenRecord
) -> bool:
    return token.is_active and (token.expires_at is None or hub.now() < token.expires_at)


def _failed_login_error(hub: SandboxHub, name: str) -> SandboxHTTPError:
    hub.login_lockout.record_failure(name)
    return account_service_error(401, "Incorrect authentication credentials")


def _matches_secret(given: str, expected: str) -> bool:
    # JSON may hold halves of surrogate pairs.
    return bool(expected) and compare_digest(given.encode(errors="surrogatepass"), expected.encode())
