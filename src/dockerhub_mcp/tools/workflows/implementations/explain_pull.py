"""Explain why a pull of an image may fail."""

from __future__ import annotations

from dockerhub_mcp.hub import HubError
from dockerhub_mcp.hub.errors import (
    CredentialError,
    Forbidden,
    NotFound,
    RateLimited,
    SignInError,
    Unauthorized,
)
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.image_content.platforms import parse_platform
from dockerhub_mcp.tools.images.pulls import NO_REGISTRY_REASON
from dockerhub_mcp.tools.pull_report.access_checks import check_account, check_permission, check_repository
from dockerhub_mcp.tools.pull_report.evidence import PullEvidence, gather_evidence
from dockerhub_mcp.tools.pull_report.image_checks import (
    check_content,
    check_platform,
    check_status,
    check_tag,
)
from dockerhub_mcp.tools.pull_report.limit_checks import check_pull_limit
from dockerhub_mcp.tools.pull_report.names import check_name
from dockerhub_mcp.tools.pull_report.result import CheckResult, PullCheck, PullExplanation
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.explain_pull import ExplainPull

_TELLING_ERRORS = (NotFound, RateLimited, SignInError)
"""The errors of the registry that explain a failed pull."""
_NOT_CHECKED = (
    "Only the machine that pulls can tell: the account of its own docker login, its pull limit, a proxy or "
    "mirror, TLS inspection, its clock, disk space, an organization's rules in Docker Desktop."
)


async def run(call: ExplainPull, context: ToolContext) -> WorkflowResult:
    """Check the name, then what the Hub and the registry say of the image and the account."""
    target, named = check_name(call.image)
    if target is None:
        verdict, fix = named.finding, named.remedy
        return WorkflowResult(PullExplanation(image=call.image, verdict=verdict, fix=fix, checks=[named]))
    evidence = await gather_evidence(context.hub, context.registry, target)
    _raise_if_nothing_is_known(evidence)
    content = check_content(evidence)
    checks = [
        named,
        check_account(evidence),
        check_repository(evidence),
        check_permission(evidence),
        check_tag(evidence),
        content,
        None if content and content.result is CheckResult.PROBLEM else _check_platform(call, evidence),
        check_pull_limit(evidence),
        check_status(evidence),
    ]
    explanation = _conclude(str(target), [check for check in checks if check])
    explanation.not_checked = _NOT_CHECKED
    return WorkflowResult(explanation, partial_reason=_find_gap(evidence))


def _check_platform(call: ExplainPull, evidence: PullEvidence) -> PullCheck | None:
    return check_platform(evidence, parse_platform(call.platform) if call.platform else None)


def _conclude(image: str, checks: list[PullCheck]) -> PullExplanation:
    """Return the explanation, with the first problem as the verdict."""
    cause = next((check for check in checks if check.result is CheckResult.PROBLEM), None)
    open_checks = [check.check for check in checks if check.result is CheckResult.UNKNOWN]
    if cause is not None:
        return PullExplanation(image=image, verdict=cause.finding, fix=cause.remedy, checks=checks)
    verdict = "Nothing was found that keeps this account from pulling it."
    if open_checks:
        verdict = f"No cause was found, and these checks are open: {', '.join(open_checks)}."
    return PullExplanation(image=image, verdict=verdict, checks=checks)


def _raise_if_nothing_is_known(evidence: PullEvidence) -> None:
    """Raise the Hub's error where neither the Hub nor the registry said anything about the image."""
    error = evidence.repository
    if not isinstance(error, HubError) or isinstance(error, NotFound | Forbidden | Unauthorized):
        return
    head = evidence.registry and evidence.registry.head
    if head is None or (isinstance(head, HubError) and not isinstance(head, _TELLING_ERRORS)):
        raise error


def _find_gap(evidence: PullEvidence) -> str:
    """Return what could not be asked, and why; empty where everything was."""
    reasons = [_describe_gap(evidence, each) for each in (evidence.repository, evidence.tag)]
    if evidence.registry is None:
        reasons.append(NO_REGISTRY_REASON)
    else:
        reasons += [
            _describe_gap(evidence, each) for each in (evidence.registry.head, evidence.registry.limit_error)
        ]
    return " ".join(dict.fromkeys(filter(None, reasons)))


def _describe_gap(evidence: PullEvidence, answer: object) -> str:
    """Return the error of a request that left something unknown; that something is missing is an answer."""
    if not isinstance(answer, HubError) or isinstance(answer, NotFound):
        return ""
    if isinstance(answer, SignInError | CredentialError) and evidence.account.error is not None:
        return "The registry was not asked, because the sign-in failed."
    return error_text(answer)
