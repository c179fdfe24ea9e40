"""The one question about a plan."""

from __future__ import annotations

from dockerhub_mcp.hub.models.timestamp import format_day
from dockerhub_mcp.hub.quoting import list_names, quote_name
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedTag
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.audit_recorder import AuditedCall
from dockerhub_mcp.tools.mutations.confirmation import Confirmation
from dockerhub_mcp.tools.results.values import format_size

TOOL_NAME = "apply_tag_cleanup"
_MAX_TEXT_CHARS = 6_000
_MAX_NAMED_TAGS = 10
_MAX_REASONS = 8


def build_confirmation(context: ToolContext, plan: CleanupPlan) -> Confirmation:
    """Return the question about a plan, bound to its identifier, which seals all that it deletes."""
    return Confirmation(
        TOOL_NAME,
        context.hub.redact(to_single_line(describe_plan(plan), _MAX_TEXT_CHARS)),
        f"{plan.account}\n{plan.plan_id}",
        audited_call=describe_call(plan),
        preview_hint="plan_tag_cleanup shows what a plan deletes.",
    )


def describe_call(plan: CleanupPlan) -> AuditedCall:
    """Return the call as the audit log describes it."""
    change = {"plan_id": plan.plan_id, "tags": len(plan.tags), "manifests": len(plan.manifests)}
    return AuditedCall(TOOL_NAME, plan.image, change)


def describe_plan(plan: CleanupPlan) -> str:
    """Return what a plan deletes and what stays, as sentences for the user."""
    where = f"{quote_name(plan.namespace)}/{quote_name(plan.repository)}"
    parts = [f"{_count(len(plan.tags), 'tag')} of {where}"]
    if plan.manifests:
        parts.append(f"{_count(len(plan.manifests), 'image')} without a tag")
    size = _describe_size(plan)
    verb = "is" if plan.count == 1 else "are"
    sentences = [f"{' and '.join(parts)}{size} {verb} deleted; this cannot be undone."]
    if plan.tags:
        sentences.append(_describe_tags(plan))
    sentences.append(_describe_kept(plan))
    return " ".join(sentences)


def _describe_tags(plan: CleanupPlan) -> str:
    dated = [tag for tag in plan.tags if tag.pushed_at is not None]
    dated.sort(key=lambda tag: tag.pushed_at or plan.created_at)
    if len(plan.tags) <= _MAX_NAMED_TAGS:
        names = list_names(tag.name for tag in plan.tags)
        if len(plan.tags) > 1:
            return f"The tags are {names}; {_describe_range(dated)}."
        pushed = format_day(dated[0].pushed_at) if dated else "at an unknown time"
        return f"The tag is {names}, pushed {pushed}."
    text = _describe_range(dated)
    if dated and (undated := len(plan.tags) - len(dated)):
        text += f"; of {undated:,} others the time of the push is not known"
    if any(tag.name == "latest" for tag in plan.tags):
        text += "; latest is one of them"
    return f"{text[0].upper()}{text[1:]}."


def _describe_range(dated: list[PlannedTag]) -> str:
    if not dated:
        return "the time of their push is not known"
    oldest, newest = dated[0], dated[-1]
    text = f"the oldest is {quote_name(oldest.name)}, pushed {format_day(oldest.pushed_at)}"
    if len(dated) > 1:
        text += f", the newest is {quote_name(newest.name)}, pushed {format_day(newest.pushed_at)}"
    return text


def _describe_kept(plan: CleanupPlan) -> str:
    if plan.takes_every_tag:
        return "No tag of an image is left in the repository."
    total = sum(plan.kept.values())
    by_count = sorted(plan.kept.items(), key=lambda each: -each[1])
    reasons = [f"{count:,} {reason}" for reason, count in by_count[:_MAX_REASONS]]
    if others := sum(count for _, count in by_count[_MAX_REASONS:]):
        reasons.append(f"{others:,} for other reasons")
    text = f"{_count(total, 'tag')} {'stays' if total == 1 else 'stay'}"
    return f"{text}: {', '.join(reasons)}." if reasons else f"{text}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _describe_size(plan: CleanupPlan) -> str:
    if not plan.max_bytes:
        return ""
    size = format_size(plan.max_bytes)
    if plan.manifests:
        return f" (which frees up to {size})"
    return f" (with images of up to {size}, which stay stored without a tag)"
