"""Plans of many rules for every repository with special cases, applied while tags move."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.content import describe_build
from dockerhub_mcp.sandbox.data.images.inventory import get_inventory
from dockerhub_mcp.sandbox.data.images.tag_content import build_content
from dockerhub_mcp.sandbox.state import RepositoryRecord
from dockerhub_mcp.tools.cleanup.account import describe_account
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.context import ToolContext
from tests.support.cleanup_plans import list_deletions, thin_out
from tests.support.fixture_types import MakeHub
from tests.support.image_calls import make_image_context
from tests.support.tool_calls import FakeUser, call

NAMESPACE = "milldale"
RULE_SETS = 25
RULE_SETS_OF_MANY_TAGS = 6
"""The sets for the repository with hundreds of tags, which take longer."""
_DURATIONS = ["1d", "30d", "120d", "300d", "900d"]
_GLOBS = ["*", "1*", "2*", "v*", "*-*", "sha256-*", "latest", "*.sig", "[a-m]*"]
REPOSITORIES = ["controller", "shared-index", "platform-tags", "signed", "immutable", "branches", "last-tag"]
REPOSITORIES += ["empty", "listed-in-part"]


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a sandbox without rate limits, so that many clean-ups do not wait."""
    return thin_out(Sandbox(signed_in_limit=None, personal_pull_limit=None))


def draw_rules(seed: str) -> dict[str, Any]:
    """Return rules with one or two reasons to delete, and up to three to keep."""
    source = random.Random(seed)  # noqa: S311 - not for cryptography
    deleting: dict[str, Any] = {
        "delete_matching": source.sample(_GLOBS, source.randint(1, 2)),
        "delete_excluding": source.sample(_GLOBS[1:], source.randint(1, 2)),
        "older_than": source.choice(_DURATIONS),
        "not_pulled_for": source.choice(_DURATIONS),
        "only_unstable": True,
        "only_superseded": True,
    }
    keeping: dict[str, Any] = {
        "keep_matching": source.sample(_GLOBS[1:], source.randint(0, 2)),
        "keep_newest": source.randint(1, 3),
        "keep_newest_per": source.choice(["family", "major", "minor", "repository"]),
        "keep_pulled_within": source.choice(_DURATIONS),
        "keep_younger_than": source.choice(["1h", "24h", "30d"]),
        "undated": source.choice(["keep", "old"]),
    }
    names = [*source.sample([*deleting], source.randint(1, 2)), *source.sample([*keeping], 3)]
    return {
        **({"keep_newest": 0} if "keep_newest_per" in names else {}),  # groups need a number
        **{name: (deleting | keeping)[name] for name in names},
        "max_delete": source.choice([1, 4, 20, 60]),
        "untagged": source.random() < 0.6,
        "allow_everything": source.random() < 0.3,
    }


@dataclass(frozen=True)
class Contents:
    """What a repository holds, read from the sandbox's data and not from its answers.

    Attributes:
        digests: The digest of each tag.
        below: All digests below each of them.
        stored: The digests of all manifests.
    """

    digests: dict[str, str]
    below: dict[str, set[str]]
    stored: set[str]

    @classmethod
    def read(cls, repository: RepositoryRecord) -> Contents:
        """Return what a repository holds now."""
        digests, below = {}, {}
        for tag in repository.tags:
            content = build_content(describe_build(repository, tag))
            digests[tag.name] = content.digest
            below[content.digest] = set(content.manifests)
        return cls(digests, below, set(get_inventory(repository).manifests) - repository.deleted_digests)

    def list_needed(self) -> set[str]:
        """Return the digests that the tags need, those of signatures of what they need included."""
        needed = {digest for own in self.digests.values() for digest in self.below[own]}
        prefixes = {digest.replace(":", "-") for digest in needed}
        signatures = {name for name in self.digests if name[:71] in prefixes}
        return needed | {digest for name in signatures for digest in self.below[self.digests[name]]}


def check_deletions(
    before: Contents, after: Contents, plan: CleanupPlan, moved: set[str], immutable: set[str]
) -> None:
    """Check that a clean-up deleted what its plan names, and nothing that what is left needs."""
    gone = set(before.digests) - set(after.digests)
    planned = {tag.name for tag in plan.tags}
    assert gone <= planned - moved - immutable
    assert not (before.stored - after.stored) - {each.digest for each in plan.manifests}
    staying = {name: digest for name, digest in before.digests.items() if name not in gone | moved}
    kept = Contents(staying, before.below, before.stored)
    needed = kept.list_needed()
    assert not needed - after.stored, "a manifest of a kept image is gone"
    assert not {before.digests[name] for name in gone} & needed, "a tag of a kept image is gone"
    subjects = {digest.replace(":", "-") for digest in needed}
    assert not {name for name in gone if name[:71] in subjects}, "a signature of a kept image is gone"
    assert not after.list_needed() - after.stored


def list_immutable(sandbox: Sandbox, name: str) -> set[str]:
    """Return the tags that the sandbox refuses to delete, by its own rules."""
    repository = sandbox.state.repositories[NAMESPACE, name]
    rules = repository.immutable_tags_rules if repository.immutable_tags else ()
    return {
        tag.name
        for tag in repository.tags
        if any(re.search(rule.replace(r"\z", r"\Z"), tag.name) for rule in rules)
    }


@pytest.mark.parametrize("name", REPOSITORIES)
async def test_nothing_that_is_kept_is_deleted(make_hub: MakeHub, sandbox: Sandbox, name: str) -> None:
    context = make_image_context(sandbox, make_hub("owner"), confirmer=FakeUser())
    image = f"{NAMESPACE}/{name}"
    record = sandbox.state.repositories[NAMESPACE, name]
    others = {each: len(own.tags) for each, own in sandbox.state.repositories.items() if own is not record}
    original, former = list(record.tags), list(record.former_tags)
    deleted = 0
    for number in range(RULE_SETS if len(original) < 100 else RULE_SETS_OF_MANY_TAGS):
        source = random.Random(f"{name}-{number}")  # noqa: S311 - not for cryptography
        record.tags[:], record.former_tags[:] = original, former
        record.deleted_digests.clear()
        deleted += await run_once(context, sandbox, image, record, draw_rules(f"{name}-{number}"), source)
    assert deleted > 0 or name == "empty"
    assert others == {
        each: len(own.tags) for each, own in sandbox.state.repositories.items() if own is not record
    }
    assert all(f"/{name}/" in request.path for request in sandbox.requests if request.method == "DELETE")


async def run_once(
    context: ToolContext,
    sandbox: Sandbox,
    image: str,
    record: RepositoryRecord,
    rules: dict[str, Any],
    source: random.Random,
) -> int:
    """Plan and apply rules, push some tags in between, and return how much was deleted."""
    immutable = list_immutable(sandbox, record.name)
    result = await call(context, "plan_tag_cleanup", repository=image, **rules)
    data = result.structured_content or {}
    if result.is_error or not data.get("plan_id"):
        return 0
    plan = await context.plans.find(data["plan_id"], describe_account(context))
    assert (data["deletes"], data.get("deleted_manifests") or 0) == (len(plan.tags), len(plan.manifests))
    names = [tag.name for tag in record.tags]
    moved = set(source.sample(names, min(len(names), source.choice([0, 1, 3]))))
    before = Contents.read(record)
    for each in sorted(moved):
        sandbox.push_tag(f"{image}:{each}")
    sent = len(list_deletions(sandbox))
    applied = (await call(context, "apply_tag_cleanup", plan_id=plan.plan_id)).structured_content
    assert applied is not None
    after = Contents.read(record)
    check_deletions(before, after, plan, moved, immutable)
    total = len(before.digests) - len(after.digests) + len(before.stored - after.stored)
    if not moved:
        assert applied["refused"] == 0, (rules, applied["outcomes"])
        assert applied["deleted"] == total == plan.count == len(list_deletions(sandbox)) - sent, (
            rules,
            applied,
            total,
            plan.count,
        )
    assert applied["deleted"] == total
    return total
