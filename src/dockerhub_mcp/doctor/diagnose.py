"""Run the checks. Each thing is looked at once, and nothing is changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from dockerhub_mcp import __version__
from dockerhub_mcp.bootstrap.hubs import HubFactory
from dockerhub_mcp.bootstrap.store_settings import has_store
from dockerhub_mcp.bootstrap.validate import check_hub
from dockerhub_mcp.config import Problem, Settings
from dockerhub_mcp.doctor import account, tools
from dockerhub_mcp.doctor import environment as host_environment
from dockerhub_mcp.doctor import settings as configuration
from dockerhub_mcp.doctor.registry import check_registry
from dockerhub_mcp.doctor.report import Finding, FindingStatus, Report
from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.errors import Unauthorized
from dockerhub_mcp.hub.methods import ScimGetProviderConfig
from dockerhub_mcp.tools.access_report.limits import describe_rate_limit, is_rate_limit_low

Redact = Callable[[str], str]


async def run_diagnostics(
    settings: Settings,
    environment: Mapping[str, str],
    problems: Sequence[Problem],
    set_redactor: Callable[[Redact], None],
) -> Report:
    """Run every check and return the report.

    Args:
        settings: The settings, without the values that cannot be used.
        environment: The environment variables.
        problems: What is wrong with the settings.
        set_redactor: Called with the function that masks secrets, before any secret is read.
    """
    base_url = "http://localhost" if settings.sandbox else settings.api_url
    findings = [
        configuration.build_settings_finding(problems),
        host_environment.check_proxy(base_url, environment),
        host_environment.check_certificates(base_url, environment),
    ]
    if has_store(settings, environment):
        from dockerhub_mcp.doctor.store import check_shared_store  # noqa: PLC0415 - few servers have one

        findings.append(await check_shared_store(settings, environment))
    if any(problem.is_fatal for problem in check_hub(settings, environment)):
        unknown = account.AccountReport(
            Finding("account", FindingStatus.NOTE, "not tried: the settings are not valid"), kind=None
        )
        findings.append(unknown.finding)
        states = tools.collect_tool_states(settings, unknown, has_scim_token=False)
        return Report(__version__, findings, states, host_environment.collect_versions())
    hubs = HubFactory(settings, environment)
    async with hubs:
        set_redactor(hubs.redactor.redact_log)
        uses_own_account = settings.identity == "server"
        hub = hubs.create_hub() if uses_own_account else hubs.create_hub_for(None)
        hub_finding, reachable = await _check_hub(hub, settings)
        findings += [hub_finding, await account.check_docker_login(settings, hubs)]
        account_report = await account.check_account(settings, hubs, hub, reachable=reachable)
        findings.append(account_report.finding)
        if found := account.check_secret_file(settings, hubs):
            findings.append(found)
        if reachable:
            findings.append(await _check_rate_limit(hub, account_report))
            findings.append(await check_registry(hubs.registry_for(hub)))
        has_scim_token = uses_own_account and hubs.scim_token is not None
        if has_scim_token and reachable:
            findings.append(await _check_scim_token(hub))
        states = tools.collect_tool_states(settings, account_report, has_scim_token=has_scim_token)
    return Report(__version__, findings, states, host_environment.collect_versions())


async def _check_hub(hub: Hub, settings: Settings) -> tuple[Finding, bool]:
    started_at = time.perf_counter()
    try:
        await hub.check_connection()
    except HubError as error:
        return account.build_error_finding("hub", error), False
    milliseconds = round((time.perf_counter() - started_at) * 1000)
    facts = {"address": "" if settings.sandbox else settings.api_url, "milliseconds": milliseconds}
    if settings.sandbox:
        return Finding("hub", FindingStatus.OK, "the embedded Hub, with sample data", facts), True
    return Finding(
        "hub", FindingStatus.OK, f"{hub.host} answers in {milliseconds} ms, including the connection", facts
    ), True


async def _check_rate_limit(hub: Hub, account_report: account.AccountReport) -> Finding:
    """Report the account's rate limit; the response of the first check has that of an anonymous caller."""
    try:
        await hub.check_connection(authenticated=account_report.signed_in)
    except HubError as error:
        return account.build_error_finding("rate-limit", error, FindingStatus.NOTE)
    limit = hub.rate_limit
    summary = describe_rate_limit(limit)
    if limit is None:
        return Finding("rate-limit", FindingStatus.OK, summary)
    resets_at = limit.resets_at.isoformat() if limit.resets_at else ""
    facts = {"limit": limit.limit, "remaining": limit.remaining, "resets_at": resets_at}
    if not is_rate_limit_low(limit):
        return Finding("rate-limit", FindingStatus.OK, summary, facts)
    remedy = "Wait a minute." if account_report.signed_in else "Wait a minute, or sign in for a higher limit."
    return Finding("rate-limit", FindingStatus.NOTE, summary, facts, remedy)


async def _check_scim_token(hub: Hub) -> Finding:
    """Report whether the Hub accepts the SCIM token."""
    try:
        await hub.send(ScimGetProviderConfig())
    except Unauthorized as error:
        return account.build_error_finding("scim", error)
    except HubError as error:
        return account.build_error_finding("scim", error, FindingStatus.NOTE)
    return Finding("scim", FindingStatus.OK, "the Hub accepts the SCIM token")
