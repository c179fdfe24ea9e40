"""Turn the outcomes of a plan into the result of the tool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dockerhub_mcp.tools.cleanup.applying.outcomes import ItemOutcome
from dockerhub_mcp.tools.cleanup.applying.result import CleanupResult, OutcomeGroup
from dockerhub_mcp.tools.cleanup.applying.run import RunReport

NOT_REACHED = "not_reached"
_ORDER = (*map(str, ItemOutcome), NOT_REACHED)
_MAX_NAMES = {str(ItemOutcome.DELETED): 5, NOT_REACHED: 5}
_MAX_OTHER_NAMES = 50
_MAX_GROUPS = 40
_IN_DOUBT = (str(ItemOutcome.REFUSED), str(ItemOutcome.UNKNOWN), NOT_REACHED)


def build_result(report: RunReport) -> CleanupResult:
    """Return the counts, and the names by outcome and reason."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for key, name in _classify(report):
        groups.setdefault(key, []).append(name)
    counts = Counter[str]()
    for (outcome, _, _), names in groups.items():
        counts[outcome] += len(names)
    ordered = sorted(groups.items(), key=lambda each: (_ORDER.index(each[0][0]), -len(each[1])))
    return CleanupResult(
        status="partly" if any(counts[each] for each in _IN_DOUBT) else "done",
        repository=report.plan.image,
        plan_id=report.plan.plan_id,
        **{outcome: counts[outcome] for outcome in _ORDER},
        outcomes=[
            OutcomeGroup(
                outcome=outcome,
                count=len(names),
                what=what,
                reason=reason,
                names=names[: _MAX_NAMES.get(outcome, _MAX_OTHER_NAMES)],
            )
            for (outcome, what, reason), names in ordered[:_MAX_GROUPS]
        ],
    )


def describe_partial(report: RunReport, result: CleanupResult) -> str:
    """Return why a plan was not carried out in whole, and how to go on; empty where it was."""
    reasons = [report.stop_reason] if report.stop_reason else []
    if result.not_reached:
        reasons.append(f"{result.not_reached} of {report.plan.count} were not reached.")
    if reasons:
        reasons.append("Call apply_tag_cleanup with the same plan_id to go on; the user is not asked again.")
    return " ".join(reasons)


def list_notes(report: RunReport, result: CleanupResult) -> list[str]:
    """Return what the numbers do not say."""
    notes = []
    if result.unknown:
        notes.append(
            "unknown: the request was sent once and got no clear answer. Call again later: it reads whether "
            "they are gone, and sends nothing for them."
        )
    if len(result.outcomes) == _MAX_GROUPS:
        notes.append("Further reasons are not listed.")
    has_deleted_tags = any(each.outcome == "deleted" and each.what == "tags" for each in result.outcomes)
    if has_deleted_tags and not report.plan.manifests:
        notes.append(
            "The images of the deleted tags stay in the storage unless another tag has them; a plan with "
            "untagged=true deletes them."
        )
    return notes


def _classify(report: RunReport) -> Iterator[tuple[tuple[str, str, str], str]]:
    items = [
        *((tag.name, "tags") for tag in report.plan.tags),
        *((manifest.digest, "manifests") for manifest in report.plan.manifests),
    ]
    for name, what in items:
        settlement = report.settlements.get(name)
        if settlement is None:
            yield (NOT_REACHED, what, report.failures.get(name, "").replace(name, "...")), name
        else:
            yield (str(settlement.outcome), what, settlement.reason), name
