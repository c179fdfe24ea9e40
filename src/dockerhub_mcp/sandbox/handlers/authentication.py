"""Logins: POST /v2/auth/token, /v2/users/login and /v2/users/2fa-login."""

from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.auth import PAT_SOURCE, LoginResult
from dockerhub_mcp.sandbox.context import SandboxHub, get_hub, read_json_object, require_text_field
from dockerhub_mcp.sandbox.errors import SandboxHTTPError, account_service_error
from dockerhub_mcp.sandbox.state import OrganizationAccessTokenRecord, PersonalAccessTokenRecord, UserRecord

PASSWORD_SESSION_SCOPE = "openid offline_access"
OAT_PREFIX = "dckr_oat_"


async def create_bearer_token(request: Request) -> JSONResponse:
    """Exchange a password, a PAT or an OAT for a bearer token."""
    body = await read_json_object(request)
    name, secret = require_text_field(body, "identifier"), require_text_field(body, "secret")
    hub = get_hub(request)
    _reject_email_address(name)
    login = authenticate_account(hub, name, secret)
    return JSONResponse({"access_token": hub.token_issuer.issue_token(login)})


def authenticate_account(hub: SandboxHub, name: str, secret: str) -> LoginResult:
    """Return the account for a name and a password, a PAT or an OAT. Failures count for the lockout.

    Raises:
        SandboxHTTPError: 401 for an unknown name, a wrong secret, or a password with a second factor; 429
            while the name is locked.
    """
    hub.login_lockout.require_unlocked(name)
    login = _authenticate_organization(hub, name, secret) or _authenticate_user(hub, name, secret)
    hub.login_lockout.record_success(login.name)
    return login


async def log_in_user(request: Request) -> JSONResponse:
    """Log in a user through the older endpoint, which organizations cannot use."""
    body = await read_json_object(request)
    name, secret = require_text_field(body, "username"), require_text_field(body, "password")
    hub = get_hub(request)
    _reject_email_address(name)
    hub.login_lockout.require_unlocked(name)
    if name in hub.state.organizations:
        raise _organization_login_error()
    login = _authenticate_user(hub, name, secret)
    response = {"token": _issue_bearer_token(hub, login)}
    if request.query_params.get("refresh_token") == "true":
        response["refresh_token"] = hub.two_factor_tickets.issue_ticket(login.name)
    return JSONResponse(response)


async def complete_two_factor_login(request: Request) -> JSONResponse:
    """Complete a login with the code of the second factor."""
    body = await read_json_object(request)
    ticket, code = require_text_field(body, "login_2fa_token"), require_text_field(body, "code")
    hub = get_hub(request)
    username = hub.two_factor_tickets.redeem_ticket(ticket)
    if username is None:
        raise account_service_error(401, "The second factor login has expired, log in again")
    hub.login_lockout.require_unlocked(username)
    user = hub.state.users[username]
    if user.two_factor_code is None or not _matches_secret(code, user.two_factor_code):
        hub.login_lockout.record_failure(username)
        raise account_service_error(401, "Incorrect two factor code")
    login = LoginResult("docker_password", username, user.uuid, PASSWORD_SESSION_SCOPE)
    return JSONResponse({"token": _issue_bearer_token(hub, login)})


def _issue_bearer_token(hub: SandboxHub, login: LoginResult) -> str:
    hub.login_lockout.record_success(login.name)
    return hub.token_issuer.issue_token(login)


def _reject_email_address(name: str) -> None:
    if "@" in name:
        raise account_service_error(400, "The identifier must be a user name, not an e-mail address")


def _organization_login_error() -> SandboxHTTPError:
    return account_service_error(401, "Cannot log into an organization account")


def _authenticate_organization(hub: SandboxHub, name: str, secret: str) -> LoginResult | None:
    organization = hub.state.organizations.get(name)
    if organization is None:
        return None
    for token in organization.access_tokens:
        if _matches_secret(secret, token.secret) and _is_usable_token(hub, token):
            token.last_used_at = hub.now()
            scopes = dict.fromkeys(scope for resource in token.resources for scope in resource.scopes)
            return LoginResult("docker_oat", name, organization.uuid, " ".join(scopes), token.id)
    error = _record_failed_login(hub, name)
    # Passwords and personal access tokens belong to users.
    raise error if secret.startswith(OAT_PREFIX) else _organization_login_error()


def _authenticate_user(hub: SandboxHub, name: str, secret: str) -> LoginResult:
    user = hub.state.users.get(name)
    if user is None:
        raise _record_failed_login(hub, name)
    if _matches_secret(secret, user.password):
        return _complete_password_login(hub, user)
    for token in hub.state.personal_access_tokens:
        if token.username == name and _matches_secret(secret, token.secret) and _is_usable_token(hub, token):
            token.last_used_at = hub.now()
            scope = " ".join(token.scopes)
            return LoginResult(PAT_SOURCE, name, user.uuid, scope, token.uuid, user.email)
    raise _record_failed_login(hub, name)


def _complete_password_login(hub: SandboxHub, user: UserRecord) -> LoginResult:
    if user.two_factor_code is not None:
        detail = "Require secondary authentication on MFA enabled account"
        ticket = hub.two_factor_tickets.issue_ticket(user.username)
        raise SandboxHTTPError(401, {"detail": detail, "login_2fa_token": ticket})
    return LoginResult("docker_password", user.username, user.uuid, PASSWORD_SESSION_SCOPE)


def _is_usable_token(
    hub: SandboxHub, token: PersonalAccessTokenRecord | OrganizationAccessTokenRecord
) -> bool:
    return token.is_active and (token.expires_at is None or hub.now() < token.expires_at)


def _record_failed_login(hub: SandboxHub, name: str) -> SandboxHTTPError:
    """Count a failed login and return the error for it."""
    hub.login_lockout.record_failure(name)
    return account_service_error(401, "Incorrect authentication credentials")


def _matches_secret(given: str, expected: str) -> bool:
    # JSON may contain unpaired surrogates, which cannot be encoded otherwise.
    return bool(expected) and compare_digest(given.encode(errors="surrogatepass"), expected.encode())
