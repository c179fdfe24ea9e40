"""Clean-up plans of the sandbox's repositories, for tests of what carries them out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.hub.methods import ListTags
from dockerhub_mcp.hub.models import Tag
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.cleanup.account import describe_account
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedManifest, PlannedTag
from dockerhub_mcp.tools.context import ToolContext

CONTROLLER = "milldale/controller"
_WHOLE_FAMILIES = re.compile(
    r"latest|alpine|stable|lts|dev|edge|nightly|[34](-alpine)?|4\.[^-]*(-alpine)?|v4\.3.*|3\.[78]\..*|2\.9\.8.*|0\..*|sha256-.*"
)
_BRANCH = re.compile(r"(pr|main|feature|nightly|sha)-.*")
_BRANCH_TAGS = 12


def thin_out(sandbox: Sandbox, pull_requests: int = 40) -> Sandbox:
    """Leave about 250 of the 3,000 tags of the controller, of each kind some, and return the sandbox.

    Args:
        sandbox: The sandbox.
        pull_requests: The number of tags `pr-*` that are left.
    """
    tags = sandbox.state.repositories["milldale", "controller"].tags
    left = Counter({"pr": pull_requests - _BRANCH_TAGS})
    kept = []
    for tag in tags:
        branch = _BRANCH.fullmatch(tag.name)
        if branch is not None:
            left[branch[1]] -= 1
        if _WHOLE_FAMILIES.fullmatch(tag.name) or (branch is not None and left[branch[1]] >= -_BRANCH_TAGS):
            kept.append(tag)
    tags[:] = kept
    return sandbox


async def read_tags(context: ToolContext, namespace: str, repository: str) -> list[Tag]:
    """Return all tags of a repository, the oldest first."""
    call = ListTags(namespace=namespace, repository=repository, page_size=100, ordering="oldest")
    return list((await context.hub.paginate(call)).results)


async def add_plan(
    context: ToolContext,
    image: str,
    names: Iterable[str] | None = None,
    *,
    manifests: Iterable[PlannedManifest] = (),
    **fields: Any,
) -> CleanupPlan:
    """Add a plan that deletes some tags of a repository as they are now, by default all of them."""
    namespace, _, repository = image.partition("/")
    await context.hub.sign_in()
    tags = await read_tags(context, namespace, repository)
    wanted = None if names is None else set(names)
    chosen = [tag for tag in tags if wanted is None or tag.name in wanted]
    plan = CleanupPlan(
        "",
        describe_account(context),
        namespace,
        repository,
        {"older_than": "30d"},
        fields.pop("created_at", context.clock().replace(microsecond=0)),
        tuple(_plan_tag(tag) for tag in chosen),
        tuple(manifests),
        kept={"kept": len(tags) - len(chosen)},
        takes_every_tag=len(chosen) == len(tags),
        **fields,
    )
    return await context.plans.add(plan)


def _plan_tag(tag: Tag) -> PlannedTag:
    pushed_at = tag.tag_last_pushed or tag.last_updated
    return PlannedTag(tag.name or "", tag.digest or "", pushed_at, tag.full_size)


def list_names(sandbox: Sandbox, image: str) -> list[str]:
    """Return the names of the tags of a repository."""
    namespace, _, repository = image.partition("/")
    return [tag.name for tag in sandbox.state.repositories[namespace, repository].tags]


def list_deletions(sandbox: Sandbox) -> list[str]:
    """Return the last segments of the paths of all requests to delete something: names of tags, and digests."""
    return [request.path.rpartition("/")[2] for request in sandbox.requests if request.method == "DELETE"]


def move_tag(sandbox: Sandbox, image: str, name: str) -> None:
    """Push a tag again, with other content."""
    namespace, _, repository = image.partition("/")
    tags = sandbox.state.repositories[namespace, repository].tags
    tag = next(each for each in tags if each.name == name)
    tag.build_key += "-pushed-again"
    tag.pushed_at = datetime.now(UTC).timestamp()
