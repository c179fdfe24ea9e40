"""Report the account that calls use, and where its credentials come from."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from dockerhub_mcp.bootstrap.hubs import HubFactory
from dockerhub_mcp.config import Settings
from dockerhub_mcp.doctor.report import Finding, FindingStatus
from dockerhub_mcp.hub import HUB_URL, CredentialKind, Hub, HubError
from dockerhub_mcp.hub.auth.credentials import explain_unnamed_secret
from dockerhub_mcp.hub.auth.docker_config import HelperLookup, LoginServer
from dockerhub_mcp.hub.auth.docker_login import DockerLogin
from dockerhub_mcp.hub.auth.secret_sources import FileSecret
from dockerhub_mcp.hub.auth.stored_session import StoredSession
from dockerhub_mcp.hub.errors import CredentialError, SecondFactorRequired, SignInError
from dockerhub_mcp.hub.models import SignInStatus
from dockerhub_mcp.tools.access_report.account import describe_principal, describe_token_expiry, is_judged


@dataclasses.dataclass(frozen=True, slots=True)
class AccountReport:
    """The account that tools are called with.

    Attributes:
        finding: The finding about it.
        kind: The kind of its credentials; None if each request carries its own account.
        scopes: The scopes that the Hub reported.
        signed_in: Whether the Hub accepted the credentials.
    """

    finding: Finding
    kind: CredentialKind | None = CredentialKind.ANONYMOUS
    scopes: tuple[str, ...] = ()
    signed_in: bool = False


def build_error_finding(
    name: str,
    error: HubError,
    status: FindingStatus = FindingStatus.WRONG,
    *,
    facts: Mapping[str, Any] | None = None,
    lines: Sequence[tuple[str, str]] = (),
) -> Finding:
    """Return a finding for an error of the Hub or of the connection to it."""
    hub_message = (
        [(f"{error.speaker[:1].lower()}{error.speaker[1:]} said", f'"{error.hub_message}"')]
        if error.hub_message
        else []
    )
    reason = [("why", error.why)] if error.why else []
    error_facts = {"error": type(error).__name__, "why": error.why, "said": error.hub_message}
    return Finding(
        name,
        status,
        error.what,
        {**error_facts, **(facts or {})},
        error.remedy,
        details=[*hub_message, *reason, *lines],
    )


async def check_docker_login(settings: Settings, hubs: HubFactory) -> Finding:
    """Report Docker's own login if it is used, looking it up once."""
    name = "docker-login"
    if reason := _docker_login_skip_reason(settings, hubs):
        return Finding(name, FindingStatus.OK, f"not used: {reason}", {"used": False})
    login = hubs.docker_login
    assert isinstance(login, DockerLogin)  # noqa: S101 - otherwise there is a reason to skip it
    config = login.config.path
    facts: dict[str, Any] = {"used": True, "config": str(config), "config_exists": config.exists()}
    lines = [("file", f"{config}{'' if config.exists() else ' (not found)'}")]
    try:
        lookup = await login.find_login()
        if isinstance(lookup, HelperLookup):
            path = login.config.helper_environment.find_program(lookup.program)
            facts |= {"helper": lookup.program, "helper_path": path or ""}
            lines.append(("helper", path or f"{lookup.program} (not found)"))
        await login.refresh()
    except CredentialError as error:
        return build_error_finding(name, error, facts=facts, lines=lines)
    session = login.get_session() or await login.fetch_session()
    if session is not None:
        facts |= _describe_session(session, login)
        lines.append(("session", _format_session(session, is_used=facts["session_used"])))
    if login.is_absent:
        summary = "none: Docker is not logged in on this machine"
        if session is not None:
            summary = "only the session of a browser login, which is not used"
        return Finding(name, FindingStatus.OK, summary, facts, details=lines)
    facts["username"] = login.username
    return Finding(name, FindingStatus.OK, f"logged in as {login.username}", facts, details=lines)


def _describe_session(session: StoredSession, login: DockerLogin) -> dict[str, Any]:
    return {
        "session": session.name,
        "session_until": session.expiry.isoformat() if session.expiry else "",
        "session_used": login.get_session() is not None,
    }


def _format_session(session: StoredSession, *, is_used: bool) -> str:
    """Return what the session of a browser login allows, until when, and whether it is used."""
    until = f"{session.expiry:%Y-%m-%d %H:%M:%S}Z" if session.expiry else "an unknown time"
    if not session.is_valid():
        return f"that of a browser login as {session.name} ended at {until}; Docker renews it when used"
    how = "used" if is_used else "not used; --docker-credentials full uses it"
    return (
        f"that of a browser login as {session.name}, valid until {until}, with all rights of the account, "
        f"access tokens and organizations included; {how}"
    )


def _docker_login_skip_reason(settings: Settings, hubs: HubFactory) -> str:
    if settings.sandbox:
        return "the embedded Hub has accounts of its own"
    if hubs.credentials is not None:
        return f"{_describe_credential_source(settings, hubs)} take precedence"
    if hubs.unnamed_secret:
        return f"{hubs.unnamed_secret} is set, but lacks its user name"
    if settings.docker_credentials == "off":
        return "disabled (--no-docker-credentials)"
    if settings.transport != "stdio":
        return f"over --transport {settings.transport} only a configured account is used"
    if LoginServer.from_base_url(settings.api_url, HUB_URL) is None:
        return f"it is for {HUB_URL} only, and never sent elsewhere"
    return ""


def _describe_credential_source(settings: Settings, hubs: HubFactory) -> str:
    """Return where the credentials come from: options, variables, Docker's login, or nothing."""
    if settings.sandbox:
        return f"--sandbox-identity {settings.sandbox_identity}"
    if hubs.credentials is None:
        return (
            hubs.docker_login.source_name
            if hubs.docker_login and not hubs.docker_login.is_absent
            else "nothing"
        )
    source = hubs.credentials.source_name
    if settings.username:
        source = source.replace("DOCKERHUB_USERNAME", "--username")
    return source.replace("DOCKERHUB_TOKEN_FILE", "--token-file") if settings.token_file else source


def check_secret_file(settings: Settings, hubs: HubFactory) -> Finding | None:
    """Report a secret's file that other users can read; None if there is nothing to report."""
    secret = hubs.credentials.secret if hubs.credentials and not settings.sandbox else None
    if not isinstance(secret, FileSecret) or os.name != "posix":
        return None
    try:
        mode = secret.path.stat().st_mode & 0o777
    except OSError:
        return None  # reported with the account
    if not mode & 0o077 or secret.path.is_relative_to("/run/secrets"):
        return None
    summary = f"{secret.path} has mode {mode:04o}: other users can read it"
    return Finding(
        "token-file",
        FindingStatus.NOTE,
        summary,
        {"path": str(secret.path), "mode": f"{mode:04o}"},
        f"chmod 600 {secret.path}",
    )


async def check_account(settings: Settings, hubs: HubFactory, hub: Hub, *, reachable: bool) -> AccountReport:
    """Sign in once, and report the account."""
    if settings.identity == "request":
        summary = "each request carries its own (--identity request)"
        return AccountReport(Finding("account", FindingStatus.OK, summary), kind=None)
    source = _describe_credential_source(settings, hubs)
    facts, lines = {"source": source}, [("from", source)]
    is_anonymous = hubs.credentials is None and (hubs.docker_login is None or hubs.docker_login.is_absent)
    if is_anonymous:
        summary = describe_principal(hub.principal)
        remedy = "" if settings.sandbox else _sign_in_advice(hubs)
        return AccountReport(Finding("account", FindingStatus.OK, summary, facts, remedy))
    if not reachable:
        summary = "not tried because the Hub cannot be reached"
        return AccountReport(
            Finding("account", FindingStatus.NOTE, summary, facts, details=lines),
            kind=await _infer_credential_kind(hubs),
        )
    try:
        sign_in = await hub.sign_in()
    except SecondFactorRequired as error:
        return AccountReport(
            build_error_finding("account", error, FindingStatus.NOTE, facts=facts, lines=lines)
        )
    except (SignInError, CredentialError) as error:
        lines.append(("meanwhile", "the server calls the Hub anonymously"))
        finding = build_error_finding("account", error, facts=facts, lines=lines)
        return AccountReport(
            finding, kind=CredentialKind.ANONYMOUS if is_judged(error) else await _infer_credential_kind(hubs)
        )
    except HubError as error:
        return AccountReport(
            build_error_finding("account", error, facts=facts, lines=lines),
            kind=await _infer_credential_kind(hubs),
        )
    return _build_signed_in_report(sign_in, source, hub)


def _sign_in_advice(hubs: HubFactory) -> str:
    if hubs.unnamed_secret:
        return explain_unnamed_secret(hubs.unnamed_secret).remedy
    advice = "To sign in, set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN"
    can_use_docker = hubs.docker_login and hubs.docker_login.is_docker_login
    return f"{advice}, or run `docker login`." if can_use_docker else f"{advice}."


def _build_signed_in_report(sign_in: SignInStatus | None, source: str, hub: Hub) -> AccountReport:
    kind, scopes = hub.principal.kind, tuple((sign_in and sign_in.scopes) or ())
    expires_at = sign_in.expires_at if sign_in else None
    lines = [("from", source), ("scopes", ", ".join(scopes) or "the Hub reported none")]
    if expires_at:
        lines.append(("signed in until", f"{expires_at:%Y-%m-%d %H:%M:%S}Z, renewed automatically"))
    if where := describe_token_expiry(kind):
        lines.append(("the token itself", where))
    facts = {
        "source": source,
        "username": hub.principal.username,
        "kind": str(kind),
        "scopes": list(scopes),
        "expires_at": expires_at.isoformat() if expires_at else "",
    }
    finding = Finding("account", FindingStatus.OK, describe_principal(hub.principal), facts, details=lines)
    return AccountReport(finding, kind, scopes, signed_in=True)


async def _infer_credential_kind(hubs: HubFactory) -> CredentialKind:
    """Return the kind of a secret that was not sent to the Hub, from its prefix."""
    account = hubs.credentials or hubs.docker_login
    if account is not None and account.get_session() is not None:
        return CredentialKind.SESSION
    try:
        return (
            CredentialKind.from_secret((await account.username_and_secret())[1])
            if account
            else CredentialKind.ANONYMOUS
        )
    except CredentialError:
        return CredentialKind.ANONYMOUS
