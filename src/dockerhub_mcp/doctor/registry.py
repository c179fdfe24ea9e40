"""Report the container registry: whether it answers, and the pull limit of the account."""

from __future__ import annotations

import time
from typing import Any

from dockerhub_mcp.doctor.account import build_error_finding
from dockerhub_mcp.doctor.report import Finding, FindingStatus
from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import CredentialError, SignInError
from dockerhub_mcp.registry import NO_REGISTRY, PullLimit, RegistryClient

_LOW_REMAINING_DIVISOR = 5  # a fifth of the limit or less is worth a note: the last tenth is never used


async def check_registry(client: RegistryClient | None) -> Finding:
    """Report the registry, without using a pull.

    Args:
        client: The client with the account of the Hub; None where no registry may be contacted.
    """
    facts: dict[str, Any] = {"address": "" if client is None else client.host}
    if client is None:
        return Finding("registry", FindingStatus.OK, NO_REGISTRY[0].lower() + NO_REGISTRY[1:-1], facts)
    started_at = time.perf_counter()
    try:
        await client.check_connection()
        milliseconds = round((time.perf_counter() - started_at) * 1000)
        summary = f"{client.host} answers in {milliseconds} ms"
        session = client.start_session()
        limit = await session.fetch_pull_limit() if client.has_limit_preview else None
    except (SignInError, CredentialError):  # which the account's own finding reports
        summary += ", and was not asked for a pull limit: the sign-in failed"
        return Finding("registry", FindingStatus.OK, summary, {**facts, "milliseconds": milliseconds})
    except HubError as error:
        # Most tools need no registry.
        return build_error_finding("registry", error, FindingStatus.NOTE, facts=facts)
    facts["milliseconds"] = milliseconds
    if limit is None:
        summary += ", and reports no limit of pulls" if session.is_limit_known else ""
        return Finding("registry", FindingStatus.OK, summary, facts)
    return _build_limit_finding(limit, summary, facts)


def _build_limit_finding(limit: PullLimit, summary: str, facts: dict[str, Any]) -> Finding:
    facts |= {"limit": limit.limit, "remaining": limit.remaining, "window_seconds": limit.window_seconds}
    summary = f"{summary}; {limit.describe()} are left"
    if limit.remaining * _LOW_REMAINING_DIVISOR > limit.limit:
        return Finding("registry", FindingStatus.OK, summary, facts)
    remedy = "Wait until the window has passed; this server leaves the last tenth to other programs."
    return Finding("registry", FindingStatus.NOTE, summary, facts, remedy)
