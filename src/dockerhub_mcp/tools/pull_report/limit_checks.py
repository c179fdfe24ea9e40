"""The check of the pull limit."""

from __future__ import annotations

from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.durations import format_window
from dockerhub_mcp.hub.errors import CredentialError, RateLimited, SignInError
from dockerhub_mcp.registry import PullLimit
from dockerhub_mcp.tools.access_report.limits import (
    UNKNOWN_PULL_LIMIT,
    describe_counted,
    describe_pull_limit,
)
from dockerhub_mcp.tools.pull_report.evidence import PullEvidence
from dockerhub_mcp.tools.pull_report.result import PullCheck, ok, problem, unknown

PULL_LIMIT = "pull limit"


def check_pull_limit(evidence: PullEvidence) -> PullCheck:
    """Check that pulls are left. The registry does not tell when the window ends."""
    registry = evidence.registry
    if registry is None:
        return unknown(PULL_LIMIT, "no registry was asked")
    for error in (registry.head, registry.limit_error):
        if isinstance(error, RateLimited):
            return problem(PULL_LIMIT, f"{error.what} {error.why}".strip(), error.remedy)
    limit = registry.limit
    if limit is not None and limit.remaining <= 0:
        return _explain_reached_limit(limit, evidence.account.principal)
    if limit is None and isinstance(registry.limit_error, SignInError | CredentialError):
        return unknown(PULL_LIMIT, "not asked for, because the sign-in failed")
    if limit is None and registry.limit_error is not None:
        return unknown(PULL_LIMIT, registry.limit_error.what)
    if limit is None and not registry.is_limit_known:
        return unknown(PULL_LIMIT, UNKNOWN_PULL_LIMIT)
    return ok(PULL_LIMIT, describe_pull_limit(limit, is_docker=registry.is_docker))


def _explain_reached_limit(limit: PullLimit, principal: Principal) -> PullCheck:
    window = format_window(limit.window_seconds) if limit.window_seconds > 0 else "the window"
    finding = f"All {limit.limit} pulls are used, counted for {describe_counted(limit)}."
    remedy = f"Pulls become free again within {window} of the earlier ones; the registry does not tell when."
    if principal.is_anonymous:
        remedy += " docker login gives the machine a limit of its own."
    else:
        remedy += " Pro, Team and Business plans have no such limit."
    return problem(PULL_LIMIT, finding, remedy)
