"""The outcome of a run: as tables for people, as JSON for programs, and as an exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dockerhub_mcp.cli.call.layout import Block
from dockerhub_mcp.cli.cleanup.options import name_options
from dockerhub_mcp.tools.results.values import format_size

EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_PARTLY = 0, 1, 2, 3
_OUTCOMES = ("deleted", "already_gone", "moved", "refused", "unknown", "not_reached")


class Status(StrEnum):
    """How far the clean-up of a repository got."""

    PLANNED = "planned"
    NOTHING = "nothing"
    """By the rules there is nothing to delete."""
    DONE = "done"
    PARTLY = "partly"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"


@dataclass(slots=True)
class RepositoryReport:
    """The plan of a repository, and what became of it.

    Attributes:
        repository: The repository as `namespace/repository`.
        plan: The result of `plan_tag_cleanup`; None if it failed.
        result: The result of `apply_tag_cleanup`; None if it was not called or failed.
        error: Why the plan was not made or not carried out; empty otherwise.
        notes: What else is to be known, one sentence or two each.
        is_interrupted: Whether Ctrl-C or SIGTERM ended the clean-up, or prevented it.
    """

    repository: str
    plan: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    error: str = ""
    notes: Sequence[str] = ()
    is_interrupted: bool = False

    @property
    def plan_id(self) -> str:
        """The identifier of the plan; empty without a plan, or with nothing to delete."""
        return str((self.plan or {}).get("plan_id") or "")

    @property
    def count(self) -> int:
        """How many tags and images without a tag the plan deletes."""
        plan = self.plan or {}
        return int(plan.get("deletes") or 0) + int(plan.get("deleted_manifests") or 0)

    @property
    def status(self) -> Status:
        """How far the clean-up got."""
        if self.is_interrupted:
            return Status.INTERRUPTED
        if self.error:
            return Status.REFUSED
        if self.result is not None:
            return Status.DONE if self.result["status"] == "done" else Status.PARTLY
        return Status.PLANNED if self.plan_id else Status.NOTHING

    @property
    def has_progressed(self) -> bool:
        """Whether at least a part of what was asked for is done."""
        if self.result is not None and self.status is not Status.DONE:
            return any(self.result.get(each) for each in ("deleted", "already_gone", "moved", "unknown"))
        return self.status is not Status.REFUSED

    def to_json(self) -> dict[str, Any]:
        """Return the report as data, without what does not exist."""
        parts = {"plan": self.plan, "result": self.result, "error": self.error, "notes": list(self.notes)}
        kept = {name: value for name, value in parts.items() if value}
        return {"repository": self.repository, "status": str(self.status), **kept}


def find_exit_code(reports: Sequence[RepositoryReport]) -> int:
    """Return 0 if all is done, 1 if everything was refused, and 3 if a part was."""
    if all(report.status in {Status.PLANNED, Status.NOTHING, Status.DONE} for report in reports):
        return EXIT_DONE
    return EXIT_PARTLY if any(report.has_progressed for report in reports) else EXIT_REFUSED


def build_json(reports: Sequence[RepositoryReport]) -> dict[str, Any]:
    """Return the reports of all repositories as data."""
    names = {EXIT_DONE: "done", EXIT_REFUSED: "refused", EXIT_PARTLY: "partly"}
    code = find_exit_code(reports)
    is_plan = code == EXIT_DONE and all(report.result is None for report in reports)
    status = "interrupted" if any(report.is_interrupted for report in reports) else names[code]
    return {
        "status": "planned" if is_plan and status == "done" else status,
        "repositories": [report.to_json() for report in reports],
    }


def build_plan_blocks(reports: Sequence[RepositoryReport], *, has_file: bool = False) -> list[Block]:
    """Return the plans as tables: one in full, or an overview of several.

    Args:
        reports: The reports with the plans.
        has_file: Whether rules are keys of a file, not options.
    """
    if len(reports) == 1:
        plan = reports[0].plan
        return [] if plan is None else list(_build_details(plan, has_file=has_file))
    header = ("repository", "tags", "untagged", "up to", "keeps", "left over", "oldest", "newest")
    rows = [_build_overview(report) for report in reports if report.plan is not None]
    return [Block("plan", rows, header)] if rows else []


def build_result_blocks(reports: Sequence[RepositoryReport]) -> list[Block]:
    """Return what became of the plans as tables."""
    done = [(report, report.result) for report in reports if report.result is not None]
    if not done:
        return []
    rows = [
        [report.repository, str(report.status), *(_format_count(result.get(each)) for each in _OUTCOMES)]
        for report in reports
        if report.result is not None or report.error
        for result in [report.result or {}]
    ]
    blocks = [Block("result", rows, ("repository", "status", *map(_name_outcome, _OUTCOMES)))]
    reasons = [
        [
            report.repository,
            _format_count(group["count"]),
            _name_outcome(group["outcome"]),
            group.get("reason", ""),
            names,
        ]
        for report, result in done
        for group in result.get("outcomes", ())
        if group["outcome"] not in {"deleted", "already_gone"}
        for names in [", ".join(group.get("names", ()))]
    ]
    if reasons:
        blocks.append(Block("not deleted", reasons, ("repository", "count", "outcome", "reason", "names")))
    return blocks


def _build_details(plan: Mapping[str, Any], *, has_file: bool) -> Iterator[Block]:
    yield Block("", [[name, text] for name, text in _list_facts(plan) if text])
    deleted = [
        [group["deleted"], _format_count(group["tags"]), _format_size(group.get("max_bytes")), examples]
        for group in plan.get("deleted", ())
        for examples in [", ".join(group.get("examples", ()))]
    ]
    if deleted:
        yield Block("deleted", deleted, ("kind", "count", "up to", "the oldest"))
    kept = [
        [
            _name_reason(group["kept_because"], has_file=has_file),
            _format_count(group["tags"]),
            ", ".join(group.get("examples", ())),
        ]
        for group in plan.get("kept", ())
    ]
    if kept:
        yield Block("kept", kept, ("because", "count", "examples"))


def _name_reason(reason: str, *, has_file: bool) -> str:
    return reason if has_file else name_options(reason)


def _name_outcome(outcome: str) -> str:
    return outcome.replace("_", " ")


def _list_facts(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "repository", str(plan["image"])
    yield "deletes", _count_tags(plan["deletes"])
    if "deleted_manifests" in plan:
        count = plan["deleted_manifests"]
        yield "", f"{count:,} {'image or index' if count == 1 else 'images or indexes'} without a tag"
    yield "up to", _format_size(plan.get("max_bytes"))
    yield "keeps", _count_tags(plan["keeps"])
    yield "left over", _format_count(plan.get("left_for_another_plan"))
    yield "oldest", str(plan.get("oldest", ""))
    yield "newest", str(plan.get("newest", ""))
    yield "tag list", str(plan.get("tag_list", ""))
    yield "applying takes", str(plan.get("effort", ""))
    yield "whole list", str(plan.get("file", ""))


def _build_overview(report: RepositoryReport) -> list[str]:
    plan = report.plan or {}
    counts = [_format_count(plan.get(name)) for name in ("deletes", "deleted_manifests")]
    others = [_format_count(plan.get(name)) for name in ("keeps", "left_for_another_plan")]
    ends = [str(plan.get(name) or "") for name in ("oldest", "newest")]
    return [report.repository, *counts, _format_size(plan.get("max_bytes")), *others, *ends]


def _format_count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def _count_tags(count: int) -> str:
    return f"{count:,} tag{'' if count == 1 else 's'}"


def _format_size(value: Any) -> str:
    return format_size(value) if isinstance(value, int) else ""
