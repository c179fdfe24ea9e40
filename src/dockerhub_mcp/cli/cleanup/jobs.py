"""What one run cleans up: repositories, each with its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dockerhub_mcp.tools.validation import list_argument_problems
from dockerhub_mcp.tools.workflows.plan_tag_cleanup import PlanTagCleanup

_REPOSITORY = re.compile(
    r"[^\s/:@]+/[^\s/:@]+"
)  # a tag would be ignored, and the whole repository cleaned up
_GLOB_CHARACTERS = frozenset("*?[]")
_VALID_NAME = "namespace/repository"


@dataclass(frozen=True, slots=True)
class CleanupJob:
    """A repository and the rules of its clean-up.

    Attributes:
        repository: The repository as `namespace/repository`.
        rules: The arguments of `plan_tag_cleanup` that are set, without the repository.
    """

    repository: str
    rules: Mapping[str, Any]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `plan_tag_cleanup`."""
        return {"repository": self.repository, **self.rules}


class InvalidJobsError(ValueError):
    """Repositories or rules that cannot be used; each message is one line."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


def list_problems(job: CleanupJob) -> Iterator[tuple[str, str]]:
    """Yield the name of each rule that cannot be used, empty for the rules as a whole, and what is wrong."""
    problem = ""
    if set(job.repository) & _GLOB_CHARACTERS:
        problem = f"globs are for tags; name each repository, not {job.repository!r}"
    elif _REPOSITORY.fullmatch(job.repository) is None:
        problem = f"write namespace/repository, without a tag, not {job.repository!r}"
    if problem:
        yield "repository", f"repository: {problem}."
    arguments = {**job.arguments, "repository": _VALID_NAME} if problem else job.arguments
    yield from list_argument_problems(PlanTagCleanup, arguments)


def find_repeated(repositories: Sequence[str]) -> list[str]:
    """Return the repositories that are named more than once; names differ in more than case."""
    folded = [repository.lower() for repository in repositories]
    return [name for number, name in enumerate(repositories) if name.lower() in folded[:number]]
