"""Logging in: POST /v2/auth/token, /v2/users/login and /v2/users/2fa-login."""

from dataclasses import dataclass
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.context import Hub, hub, json_object, text_field
from dockerhub_mcp.sandbox.errors import RefusalError, account_refusal
from dockerhub_mcp.sandbox.state import OrganizationAccessToken, PersonalAccessToken, User

SESSION_SCOPE = "openid offline_access"


@dataclass(frozen=True)
class _Login:
    source: str
    name: str
    uuid: str
    scope: str
    token_id: str = ""


async def create_token(request: Request) -> JSONResponse:
    """Exchange a password, a PAT or an OAT for a bearer token."""
    body = await json_object(request)
    name, secret = text_field(body, "identifier"), text_field(body, "secret")
    here = hub(request)
    here.attempts.check(name)
    login = _organization_login(here, name, secret) or _user_login(here, name, secret)
    return JSONResponse({"access_token": _bearer(here, login)})


async def login(request: Request) -> JSONResponse:
    """The older way to log in, for users only."""
    body = await json_object(request)
    name, secret = text_field(body, "username"), text_field(body, "password")
    here = hub(request)
    here.attempts.check(name)
    if name in here.state.organizations:
        raise account_refusal(401, "Cannot log into an organization account")
    found = _user_login(here, name, secret)
    answer = {"token": _bearer(here, found)}
    if request.query_params.get("refresh_token") == "true":
        answer["refresh_token"] = here.tickets.issue(found.name)
    return JSONResponse(answer)


async def second_factor(request: Request) -> JSONResponse:
    """Finish a login with the code of a second factor."""
    body = await json_object(request)
    ticket, code = text_field(body, "login_2fa_token"), text_field(body, "code")
    here = hub(request)
    username = here.tickets.redeem(ticket)
    if username is None:
        raise account_refusal(401, "The second factor login has expired, log in again")
    here.attempts.check(username)
    user = here.state.users[username]
    if user.two_factor_code is None or not _same(code, user.two_factor_code):
        here.attempts.failed(username)
        raise account_refusal(401, "Incorrect two factor code")
    here.attempts.succeeded(username)
    found = _Login("docker_password", username, user.uuid, SESSION_SCOPE)
    return JSONResponse({"token": _bearer(here, found)})


def _bearer(here: Hub, login: _Login) -> str:
    here.attempts.succeeded(login.name)
    return here.bearers.issue(login.source, login.name, login.uuid, login.scope, login.token_id)


def _organization_login(here: Hub, name: str, secret: str) -> _Login | None:
    organization = here.state.organizations.get(name)
    if organization is None:
        return None
    for token in organization.access_tokens:
        if _same(secret, token.secret) and _usable(here, token):
            token.last_used = here.now()
            scopes = dict.fromkeys(scope for resource in token.resources for scope in resource.scopes)
            return _Login("docker_oat", name, organization.uuid, " ".join(scopes), token.id)
    raise _incorrect(here, name)


def _user_login(here: Hub, name: str, secret: str) -> _Login:
    user = here.state.users.get(name)
    if user is None:
        raise _incorrect(here, name)
    if _same(secret, user.password):
        return _password_login(here, user)
    for token in here.state.personal_access_tokens:
        if token.username == name and _same(secret, token.secret) and _usable(here, token):
            token.last_used = here.now()
            return _Login("docker_pat", name, user.uuid, " ".join(token.scopes), token.uuid)
    raise _incorrect(here, name)


def _password_login(here: Hub, user: User) -> _Login:
    if user.two_factor_code is not None:
        detail = "Require secondary authentication on MFA enabled account"
        raise RefusalError(401, {"detail": detail, "login_2fa_token": here.tickets.issue(user.username)})
    return _Login("docker_password", user.username, user.uuid, SESSION_SCOPE)


def _usable(here: Hub, token: PersonalAccessToken | OrganizationAccessToken) -> bool:
    return token.is_active and (token.expires is None or here.now() < token.expires)


def _incorrect(here: Hub, name: str) -> RefusalError:
    here.attempts.failed(name)
    return account_refusal(401, "Incorrect authentication credentials")


def _same(one: str, other: str) -> bool:
    # JSON may hold halves of surrogate pairs.
    return bool(other) and compare_digest(one.encode(errors="surrogatepass"), other.encode())
