"""What became of each part of an old entry, in lines for the user."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class MigrationReport:
    """What a migration carried over and what it left out.

    Attributes:
        carried: What the new entry has of the old one.
        left_out: What it lacks, with the reasons.
        explanations: What else the user has to know.
    """

    carried: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    explanations: list[str] = field(default_factory=list)

    def carry(self, what: str) -> None:
        """Report a part that was carried over."""
        self.carried.append(what)

    def leave_out(self, what: str, reason: str) -> None:
        """Report a part that was not carried over, and why."""
        self.left_out.append((what, reason))

    def explain(self, line: str) -> None:
        """Report something else."""
        self.explanations.append(line)

    def render_lines(self) -> list[str]:
        """Return the report as lines."""
        return [
            f"Carried over: {'; '.join(self.carried) or 'nothing'}.",
            *(f"Left out: {what} ({reason})." for what, reason in self.left_out),
            *self.explanations,
        ]
