"""The result of the tool `explain_pull`."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import HubModel, Shown
from dockerhub_mcp.tools.results.prose import mark_prose


class CheckResult(StrEnum):
    """The result of a check."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


class PullCheck(HubModel):
    """A possible cause of a failed pull, and whether it applies."""

    summary_fields: ClassVar[tuple[str, ...]] = ("check", "result", "finding", "remedy")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("finding", "remedy")

    check: str
    result: CheckResult
    finding: str
    remedy: str = ""

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences of this server without quotation marks."""
        mark_prose(values, shown, "check", "finding", "remedy")


class PullExplanation(HubModel):
    """Whether something keeps an account from pulling an image; the first problem is the verdict."""

    summary_fields: ClassVar[tuple[str, ...]] = ("image", "verdict", "fix", "checks", "not_checked")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("checks",)

    image: str = Field(description="The image as it was understood.")
    verdict: str = Field(description="The likely cause, or that none was found.")
    fix: str = Field(default="", description="What to do about it.")
    checks: list[PullCheck] = Field(default_factory=list, description="The checks, in order.")
    not_checked: str = Field(default="", description="What only the machine that pulls can tell.")

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Show sentences without quotation marks, and the finding of the verdict once."""
        mark_prose(values, shown, "verdict", "fix", "not_checked")
        if shown.is_text and self.checks:
            values["checks"] = [self._shorten(check) for check in self.checks]

    def _shorten(self, check: PullCheck) -> PullCheck:
        if check.finding != self.verdict:
            return check
        return check.model_copy(update={"finding": "see the verdict", "remedy": ""})


def ok(check: str, finding: str) -> PullCheck:
    """Return a check that found no obstacle."""
    return PullCheck(check=check, result=CheckResult.OK, finding=finding)


def problem(check: str, finding: str, remedy: str = "") -> PullCheck:
    """Return a check that found a cause."""
    return PullCheck(check=check, result=CheckResult.PROBLEM, finding=finding, remedy=remedy)


def unknown(check: str, finding: str, remedy: str = "") -> PullCheck:
    """Return a check that could not be made, or does not decide."""
    return PullCheck(check=check, result=CheckResult.UNKNOWN, finding=finding, remedy=remedy)
