"""Who somebody is on the Hub, and where that comes from."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from dockerhub_mcp.bootstrap.hubs import Hubs
from dockerhub_mcp.config import Settings
from dockerhub_mcp.doctor.report import Finding, Status
from dockerhub_mcp.hub import HUB, Hub, HubError, Kind
from dockerhub_mcp.hub.auth.credentials import File
from dockerhub_mcp.hub.auth.docker_config import Ask, Server
from dockerhub_mcp.hub.auth.docker_login import DockerLogin
from dockerhub_mcp.hub.errors import CredentialError, SecondFactorRequired, SignInError
from dockerhub_mcp.hub.models import SignedIn

TOKENS_PAGE = "https://app.docker.com/settings/personal-access-tokens"


@dataclasses.dataclass(frozen=True, slots=True)
class Somebody:
    """As whom tools are called.

    Attributes:
        finding: What there is to say about it.
        kind: With what; None where each request brings its own account.
        scopes: Those that the Hub named.
        signed_in: Whether the Hub has accepted it.
    """

    finding: Finding
    kind: Kind | None = Kind.ANONYMOUS
    scopes: tuple[str, ...] = ()
    signed_in: bool = False


def of_error(
    name: str,
    error: HubError,
    status: Status = Status.WRONG,
    *,
    facts: Mapping[str, Any] | None = None,
    lines: Sequence[tuple[str, str]] = (),
) -> Finding:
    """Return a finding of something that the Hub, or the way to it, refused."""
    said = [("the Hub said", f'"{error.said}"')] if error.said else []
    why = [("why", error.why)] if error.why else []
    told = {"error": type(error).__name__, "why": error.why, "said": error.said}
    return Finding(
        name, status, error.what, {**told, **(facts or {})}, error.remedy, lines=[*said, *why, *lines]
    )


async def docker_login(settings: Settings, hubs: Hubs) -> Finding:
    """Return what Docker keeps, where it counts."""
    name = "docker-login"
    if reason := _why_not_used(settings, hubs):
        return Finding(name, Status.OK, f"not used: {reason}", {"used": False})
    login = hubs.docker
    assert isinstance(login, DockerLogin)  # noqa: S101 - otherwise there was a reason
    config = login.store.config
    facts: dict[str, Any] = {"used": True, "config": str(config), "config_exists": config.exists()}
    lines = [("file", f"{config}{'' if config.exists() else ' (there is none)'}")]
    try:
        found = login.store.look_up()
        if isinstance(found, Ask):
            path = login.store.surroundings.find(found.program)
            facts |= {"helper": found.program, "helper_path": path or ""}
            lines.append(("helper", path or f"{found.program} (not found)"))
        await login.refresh()
    except CredentialError as error:
        return of_error(name, error, facts=facts, lines=lines)
    if login.is_nobody:
        summary = "none: nobody has logged in with Docker here"
        return Finding(name, Status.OK, summary, facts, lines=lines)
    username = login.pair()[0]
    facts["username"] = username
    return Finding(name, Status.OK, f"of {username}", facts, lines=lines)


def _why_not_used(settings: Settings, hubs: Hubs) -> str:
    if settings.sandbox:
        return "the embedded Hub has accounts of its own"
    if hubs.credentials is not None:
        return f"{_origin(settings, hubs)} come first"
    if not settings.docker_credentials:
        return "switched off (--no-docker-credentials)"
    if settings.transport != "stdio":
        return f"over --transport {settings.transport} the account is named, so that no caller gets another's"
    if Server.of(settings.api_url, HUB) is None:
        return f"it is for {HUB} alone, and never sent to another address"
    return ""


def _origin(settings: Settings, hubs: Hubs) -> str:
    """Return where the account is from."""
    if settings.sandbox:
        return f"--sandbox-identity {settings.sandbox_identity}"
    if hubs.credentials is None:
        return hubs.docker.origin if hubs.docker and not hubs.docker.is_nobody else "nothing"
    origin = hubs.credentials.origin
    if settings.username:
        origin = origin.replace("DOCKERHUB_USERNAME", "--username")
    return origin.replace("DOCKERHUB_TOKEN_FILE", "--token-file") if settings.token_file else origin


def secret_file(settings: Settings, hubs: Hubs) -> Finding | None:
    """Return what is wrong with the file of a secret: others may read it."""
    secret = hubs.credentials.secret if hubs.credentials and not settings.sandbox else None
    if not isinstance(secret, File) or os.name != "posix":
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
        Status.NOTE,
        summary,
        {"path": str(secret.path), "mode": f"{mode:04o}"},
        f"chmod 600 {secret.path}",
    )


async def somebody(settings: Settings, hubs: Hubs, hub: Hub, *, reachable: bool) -> Somebody:
    """Sign in, once, and return as whom."""
    if settings.identity == "request":
        summary = "each request brings its own (--identity request)"
        return Somebody(Finding("account", Status.OK, summary), kind=None)
    origin = _origin(settings, hubs)
    facts, lines = {"source": origin}, [("from", origin)]
    is_nobody = hubs.credentials is None and (hubs.docker is None or hubs.docker.is_nobody)
    if is_nobody:
        summary = "anonymous: public repositories and tags"
        remedy = "" if settings.sandbox else _how_to_be_somebody(hubs)
        return Somebody(Finding("account", Status.OK, summary, facts, remedy))
    if not reachable:
        summary = "not tried, for the Hub cannot be reached"
        return Somebody(Finding("account", Status.NOTE, summary, facts, lines=lines), kind=_kind(hubs))
    try:
        found = await hub.sign_in()
    except SecondFactorRequired as error:
        return Somebody(of_error("account", error, Status.NOTE, facts=facts, lines=lines))
    except (SignInError, CredentialError) as error:
        lines.append(("meanwhile", "the server answers as for an anonymous caller"))
        return Somebody(of_error("account", error, facts=facts, lines=lines))
    except HubError as error:
        return Somebody(of_error("account", error, facts=facts, lines=lines), kind=_kind(hubs))
    return _signed_in(found, origin, hub)


def _how_to_be_somebody(hubs: Hubs) -> str:
    how = "To be somebody, set DOCKERHUB_USERNAME and DOCKERHUB_TOKEN"
    return f"{how}, or run `docker login`." if hubs.docker and hubs.docker.stored else f"{how}."


def _signed_in(found: SignedIn | None, origin: str, hub: Hub) -> Somebody:
    kind, scopes = hub.caller.kind, tuple((found and found.scopes) or ())
    expires_at = found.expires_at if found else None
    lines = [("from", origin), ("scopes", ", ".join(scopes) or "the Hub named none")]
    if expires_at:
        lines.append(("signed in until", f"{expires_at:%Y-%m-%d %H:%M:%S}Z, renewed by itself"))
    if kind is Kind.PAT:
        lines.append(("the token itself", f"{TOKENS_PAGE} tells when it ends; the Hub's API does not"))
    if kind is Kind.OAT:
        lines.append(("the token itself", "an owner sees in the organization's settings when it ends"))
    username = hub.caller.username
    who = f"the organization {username}" if kind is Kind.OAT else username
    facts = {
        "source": origin,
        "username": username,
        "kind": str(kind),
        "scopes": list(scopes),
        "expires_at": expires_at.isoformat() if expires_at else "",
    }
    summary = f"{who}, signed in with {kind.with_article}"
    finding = Finding("account", Status.OK, summary, facts, lines=lines)
    return Somebody(finding, kind, scopes, signed_in=True)


def _kind(hubs: Hubs) -> Kind:
    """Return the kind of a secret that the Hub has not seen."""
    account = hubs.credentials or hubs.docker
    try:
        return Kind.of(account.pair()[1]) if account else Kind.ANONYMOUS
    except CredentialError:
        return Kind.ANONYMOUS
