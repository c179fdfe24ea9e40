"""Results of mutations that were not sent: plans of dry runs, and calls that would change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dockerhub_mcp.hub.models import HubModel, Page
from dockerhub_mcp.hub.quoting import quote_text
from dockerhub_mcp.tools.mutations.policy import MutationPolicy
from dockerhub_mcp.tools.mutations.preview import MutationPlan
from dockerhub_mcp.tools.results.object_results import build_object_result
from dockerhub_mcp.tools.results.structured import dump_compact_json, project_summary, to_json_value
from dockerhub_mcp.tools.results.tool_result import ToolResult

_UNCHANGED = "Nothing changes, and nothing was sent"
_MAX_VALUE_CHARS = 200
"""Characters of each value that the text of a dry run shows; the structured content has the whole value."""


def build_dry_run_result(plan: MutationPlan, policy: MutationPolicy, notes: Sequence[str]) -> ToolResult:
    """Build the result of a dry run of which nothing was sent: the plan, and the request."""
    call, impact = plan.call, plan.impact
    sent = call.split(plan.facts) or [call]
    request: dict[str, Any] = {"method": call.http.verb, "path": call.build_path()}
    if query := call.build_query():
        request["query"] = query
    bodies = [to_json_value(body) for each in sent if (body := each.build_body())]
    if bodies:
        request["body"] = bodies[0]
    data: dict[str, Any] = {"dry_run": True, "plan": impact.text, "request": request}
    if len(sent) > 1:
        data["requests"] = [{**request, "body": body} for body in bodies]
    if isinstance(plan.current, HubModel) and not isinstance(plan.current, Page):
        data["before"] = project_summary(plan.current)
        data["after"] = to_json_value(call.resulting_fields())
    for name, applies in (("gives", impact.gives), ("loss", impact.takes)):
        if applies:
            data[name] = impact.text
    lines = ["Dry run: nothing was sent.", *_describe_plan(plan, policy)]
    lines += [f"Note: {note}" for note in notes]
    if impact.is_change:
        times = f", {len(sent)} times" if len(sent) > 1 else ""
        lines.append(f"Request: {call.http.verb} {request['path']}{_format_query(query)}{times}")
        lines += [f"  {name}: {_format_value(value)}" for body in bodies for name, value in body.items()]
    return ToolResult("\n".join(lines), data)


def build_checked_result(plan: MutationPlan, result: Any, notes: Sequence[str]) -> ToolResult:
    """Build the result of a dry run that the Hub itself carried out."""
    head = f"Dry run: the Hub checked the call and changed nothing.\nPlan: {plan.impact.text}"
    planned = {"dry_run": True, "plan": plan.impact.text}
    if not isinstance(result, HubModel):
        return ToolResult(head, planned)
    built = build_object_result(result, notes)
    data = None if built.structured_content is None else {**planned, **built.structured_content}
    return replace(built, text=f"{head}\n{built.text}", structured_content=data)


def build_unchanged_result(plan: MutationPlan, notes: Sequence[str]) -> ToolResult:
    """Build the result of a call that was not sent, because it would change nothing."""
    head = "Dry run: nothing would change, and nothing was sent" if plan.call.dry_run else _UNCHANGED
    lines = [f"{head}: {plan.impact.text}", *(f"Note: {note}" for note in notes)]
    return ToolResult("\n".join(lines), {"changed": False, "reason": plan.impact.text})


def describe_secret_destination(policy: MutationPolicy) -> str:
    """Return where the value of a new token goes, as a sentence."""
    if policy.secrets_dir is not None:
        return "Its value is written to a file in the server's secrets directory."
    shown = "Its value will be shown in this conversation, once"
    return f"{shown} (with --secrets-dir it would be written to a file)."


def _describe_plan(plan: MutationPlan, policy: MutationPolicy) -> list[str]:
    impact = plan.impact
    if not impact.is_change:
        return [f"Plan: nothing changes, and nothing would be sent. {impact.text}"]
    effects = [
        phrase
        for phrase, applies in (
            ("gives rights or reach", impact.gives),
            ("takes something away", impact.takes),
        )
        if applies
    ]
    asks = policy.confirmation_mode.requires(gives=impact.gives, takes=impact.takes)
    lines = [f"Plan: {impact.text}"]
    if plan.call.secret_field:
        lines.append(describe_secret_destination(policy))
    if asks:
        return [*lines, f"The user is asked first, since it {' and '.join(effects)}."]
    return [*lines, "The user is not asked."]


def _format_query(query: dict[str, str]) -> str:
    return f"?{'&'.join(f'{name}={value}' for name, value in query.items())}" if query else ""


def _format_value(value: Any) -> str:
    return quote_text(value, _MAX_VALUE_CHARS) if isinstance(value, str) else dump_compact_json(value)
