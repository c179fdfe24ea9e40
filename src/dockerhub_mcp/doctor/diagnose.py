"""The examination: each thing is looked at once, and nothing is changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from dockerhub_mcp import __version__
from dockerhub_mcp.bootstrap.hubs import Hubs
from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.doctor import account, tools
from dockerhub_mcp.doctor import environment as host_environment
from dockerhub_mcp.doctor import settings as configuration
from dockerhub_mcp.doctor.report import Finding, Report, Status
from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.errors import Unauthorized
from dockerhub_mcp.hub.methods import ScimGetServiceProviderConfig

Redact = Callable[[str], str]
_FEW = 10  # a tenth of the rate limit


async def examine(
    settings: Settings, environment: Mapping[str, str], problems: list[str], use: Callable[[Redact], None]
) -> Report:
    """Look at everything.

    Args:
        settings: As far as they can be read.
        environment: The variables of this process.
        problems: What is wrong with those that cannot be read.
        use: Told how to keep secrets out of texts, once there may be any.
    """
    problems = [*problems, *configuration.contradictions(settings, environment)]
    base_url = "http://localhost" if settings.sandbox else settings.api_url
    findings = [
        configuration.finding(problems),
        host_environment.proxy(base_url),
        host_environment.certificates(base_url, environment),
    ]
    try:
        hubs = Hubs(settings, environment)
    except SettingsError:  # told among the problems
        unknown = account.Somebody(
            Finding("account", Status.NOTE, "not tried: the settings stop the start"), kind=None
        )
        findings.append(unknown.finding)
        states = tools.states(settings, unknown, has_scim_token=False)
        return Report(__version__, findings, states, host_environment.versions())
    async with hubs:
        own = settings.identity == "server"
        hub = hubs.configured() if own else hubs.of(None)
        use(hub.redact)
        reached, reachable = await _reach(hub, settings)
        findings += [reached, await account.docker_login(settings, hubs)]
        whom = await account.somebody(settings, hubs, hub, reachable=reachable)
        findings.append(whom.finding)
        if found := account.secret_file(settings, hubs):
            findings.append(found)
        if reachable:
            findings.append(await _rate_limit(hub, whom))
        has_scim_token = own and hubs.scim_token is not None
        if has_scim_token and reachable:
            findings.append(await _scim(hub))
        states = tools.states(settings, whom, has_scim_token=has_scim_token)
    return Report(__version__, findings, states, host_environment.versions())


async def _reach(hub: Hub, settings: Settings) -> tuple[Finding, bool]:
    begun = time.perf_counter()
    try:
        await hub.reach()
    except HubError as error:
        return account.of_error("hub", error), False
    took = round((time.perf_counter() - begun) * 1000)
    facts = {"address": "" if settings.sandbox else settings.api_url, "milliseconds": took}
    if settings.sandbox:
        return Finding("hub", Status.OK, "the embedded one, with sample data", facts), True
    return Finding("hub", Status.OK, f"{hub.host} answers in {took} ms, connecting included", facts), True


async def _rate_limit(hub: Hub, whom: account.Somebody) -> Finding:
    """Return the rate limit of this account; the first answer told that of an anonymous caller."""
    try:
        await hub.reach(signed_in=whom.signed_in)
    except HubError as error:
        return account.of_error("rate-limit", error, Status.NOTE)
    limit = hub.rate_limit
    if limit is None:
        return Finding("rate-limit", Status.OK, "the Hub named none")
    until = f", until {limit.resets_at:%H:%M:%S}Z" if limit.resets_at else ""
    resets_at = limit.resets_at.isoformat() if limit.resets_at else ""
    facts = {"limit": limit.limit, "remaining": limit.remaining, "resets_at": resets_at}
    summary = f"{limit.remaining} of {limit.limit} requests a minute are left{until}"
    if limit.remaining * _FEW > limit.limit:
        return Finding("rate-limit", Status.OK, summary, facts)
    remedy = "Wait a minute"
    remedy += "." if whom.signed_in else ", or sign in, which allows more."
    return Finding("rate-limit", Status.NOTE, summary, facts, remedy)


async def _scim(hub: Hub) -> Finding:
    """Return whether the SCIM token is good."""
    try:
        await hub.send(ScimGetServiceProviderConfig())
    except Unauthorized as error:
        return account.of_error("scim", error)
    except HubError as error:
        return account.of_error("scim", error, Status.NOTE)
    return Finding("scim", Status.OK, "the Hub takes the SCIM token")
