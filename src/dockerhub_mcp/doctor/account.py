"""Who somebody is on the Hub, and where that comes from."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from dockerhub_mcp.bootstrap.hubs import HubFactory
from dockerhub_mcp.config import Settings
from dockerhub_mcp.doctor.report import Finding, FindingStatus
from dockerhub_mcp.hub import HUB_URL, CredentialKind, Hub, HubError
from dockerhub_mcp.hub.auth.credentials import FileSecret
from dockerhub_mcp.hub.auth.docker_config import HelperLookup, LoginServer
from dockerhub_mcp.hub.auth.docker_login import DockerLogin
from dockerhub_mcp.hub.errors import CredentialError, SecondFactorRequired, SignInError
from dockerhub_mcp.hub.models import SignInStatus

TOKEN_SETTINGS_URL = "https://app.docker.com/settings/personal-access-tokens"


@dataclasses.dataclass(frozen=True, slots=True)
class AccountReport:
    """As whom tools are called.

    Attributes:
        finding: What there is to say about it.
        kind: With what; None where each request brings its own account.
        scopes: Those that the Hub named.
        signed_in: Whether the Hub has accepted it.
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
    """Return a finding of something that the Hub, or the way to it, refused."""
    said = [("the Hub said", f'"{error.hub_message}"')] if error.hub_message else []
    why = [("why", error.why)] if error.why else []
    told = {"error": type(error).__name__, "why": error.why, "said": error.hub_message}
    return Finding(
        name, status, error.what, {**told, **(facts or {})}, error.remedy, details=[*said, *why, *lines]
    )


async def check_docker_login(settings: Settings, hubs: HubFactory) -> Finding:
    """Return what Docker keeps, where it counts."""
    name = "docker-login"
    if reason := _docker_login_skip_reason(settings, hubs):
        return Finding(name, FindingStatus.OK, f"not used: {reason}", {"used": False})
    login = hubs.docker_login
    assert isinstance(login, DockerLogin)  # noqa: S101 - otherwise there was a reason
    config = login.config.path
    facts: dict[str, Any] = {"used": True, "config": str(config), "config_exists": config.exists()}
    lines = [("file", f"{config}{'' if config.exists() else ' (there is none)'}")]
    try:
        found = login.config.find_login()
        if isinstance(found, HelperLookup):
            path = login.config.helper_environment.find_program(found.program)
            facts |= {"helper": found.program, "helper_path": path or ""}
            lines.append(("helper", path or f"{found.program} (not found)"))
        await login.refresh()
    except CredentialError as error:
        return build_error_finding(name, error, facts=facts, lines=lines)
    if login.is_absent:
        summary = "none: nobody has logged in with Docker here"
        return Finding(name, FindingStatus.OK, summary, facts, details=lines)
    username = login.username_and_secret()[0]
    facts["username"] = username
    return Finding(name, FindingStatus.OK, f"of {username}", facts, details=lines)


def _docker_login_skip_reason(settings: Settings, hubs: HubFactory) -> str:
    if settings.sandbox:
        return "the embedded Hub has accounts of its own"
    if hubs.credentials is not None:
        return f"{_describe_credential_source(settings, hubs)} come first"
    if not settings.docker_credentials:
        return "switched off (--no-docker-credentials)"
    if settings.transport != "stdio":
        return f"over --transport {settings.transport} the account is named, so that no caller gets another's"
    if LoginServer.from_base_url(settings.api_url, HUB_URL) is None:
        return f"it is for {HUB_URL} alone, and never sent to another address"
    return ""


def _describe_credential_source(settings: Settings, hubs: HubFactory) -> str:
    """Return where the account is from."""
    if settings.sandbox:
        return f"--sandbox-identity {settings.sandbox_identity}"
    if hubs.credentials is None:
        return (
            hubs.docker_login.source_name
            if hubs.docker_login and not hubs.docker_login.is_absent
            else "nothing"
        )
    origin = hubs.credentials.source_name
    if settings.username:
        origin = origin.replace("DOCKERHUB_USERNAME", "--username")
    return origin.replace("DOCKERHUB_TOKEN_FILE", "--token-file") if settings.token_file else origin


def check_secret_file(settings: Settings, hubs: HubFactory) -> Finding | None:
    """Return what is wrong with the file of a secret: others may read it."""
    secret = hubs.credentials.secret if hubs.credentials and not settings.sandbox else None
    if not isinstance(secret, FileSecret) or os.name != "posix":
        return None
    try:
        mode = secret.path.stat().st_mode & 0o777
    except OSError:
        return None  # told with the account
    if not mode & 0o077 or secret.path.is_relative_to("/run/secrets"):
        return None
    summary = f"{secret.path} has mode {mode:04o}: others on this machine can read it"
    return Finding(
        "token-file",
        FindingStatus.NOTE,
        summary,
        {"path": str(secret.path), "mode": f"{mode:04o}"},
        f"chmod 600 {secret.path}",
    )


async def check_account(settings: Settings, hubs: HubFactory, hub: Hub, *, reachable: bool) -> AccountReport:
    """Sign in, once, and return as whom."""
    if settings.identity == "request":
        summary = "each request brings its own (--identity request)"
        return AccountReport(Finding("account", FindingStatus.OK, summary), kind=None)
    origin = _describe_credential_source(settings, hubs)
    facts, lines = {"source": origin}, [("from", origin)]
    is_nobody = hubs.credentials is None and (hubs.docker_login is None or hubs.docker_login.is_absent)
    if is_nobody:
        summary = "anonymous: public repositories and tags"
        remedy = "" if settings.sandbox else _sign_in_advice(hubs)
        return AccountReport(Finding("account", FindingStatus.OK, summary, facts, remedy))
    if not reachable:
        summary = "not tried, for the Hub cannot be reached"
        return AccountReport(
            Finding("account", FindingStatus.NOTE, summary, facts, details=lines),
            kind=_infer_credential_kind(hubs),
        )
    try:
        found = await hub.sign_in()
    except SecondFactorRequired as error:
        return AccountReport(
            build_error_finding("account", error, FindingStatus.NOTE, facts=facts, lines=lines)
        )
    except (SignInError, CredentialError) as error:
        lines.append(("meanwhile", "the server answers as for an anonymous caller"))
        return AccountReport(build_error_finding("account", error, facts=facts, lines=lines))
    except HubError as error:
        return AccountReport(
            build_error_finding("account", error, facts=facts, lines=lines), kind=_infer_credential_kind(hubs)
        )
    return _build_signed_in_report(found, origin, hub)


def _sign_in_advice(hubs: HubFactory) -> str:
    how = "To be somebody, set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN"
    return (
        f"{how}, or run `docker login`."
        if hubs.docker_login and hubs.docker_login.is_docker_login
        else f"{how}."
    )


def _build_signed_in_report(sign_in: SignInStatus | None, source: str, hub: Hub) -> AccountReport:
    kind, scopes = hub.principal.kind, tuple((sign_in and sign_in.scopes) or ())
    expires_at = sign_in.expires_at if sign_in else None
    lines = [("from", source), ("scopes", ", ".join(scopes) or "the Hub named none")]
    if expires_at:
        lines.append(("signed in until", f"{expires_at:%Y-%m-%d %H:%M:%S}Z, renewed by itself"))
    if kind is CredentialKind.PAT:
        lines.append(("the token itself", f"{TOKEN_SETTINGS_URL} tells when it ends; the Hub's API does not"))
    if kind is CredentialKind.OAT:
        lines.append(("the token itself", "an owner sees in the organization's settings when it ends"))
    username = hub.principal.username
    who = f"the organization {username}" if kind is CredentialKind.OAT else username
    facts = {
        "source": source,
        "username": username,
        "kind": str(kind),
        "scopes": list(scopes),
        "expires_at": expires_at.isoformat() if expires_at else "",
    }
    summary = f"{who}, signed in with {kind.with_article}"
    finding = Finding("account", FindingStatus.OK, summary, facts, details=lines)
    return AccountReport(finding, kind, scopes, signed_in=True)


def _infer_credential_kind(hubs: HubFactory) -> CredentialKind:
    """Return the kind of a secret that the Hub has not seen."""
    account = hubs.credentials or hubs.docker_login
    try:
        return (
            CredentialKind.from_secret(account.username_and_secret()[1])
            if account
            else CredentialKind.ANONYMOUS
        )
    except CredentialError:
        return CredentialKind.ANONYMOUS
