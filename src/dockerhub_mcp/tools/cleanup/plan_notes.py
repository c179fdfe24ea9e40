"""What an agent should know of a clean-up plan, as notes."""

from __future__ import annotations

from collections.abc import Iterable

from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.hub.methods import DeleteTag
from dockerhub_mcp.hub.methods.repository_changes import check_permission
from dockerhub_mcp.hub.models import Repository
from dockerhub_mcp.hub.quoting import list_names
from dockerhub_mcp.tools.cleanup.applying.question import TOOL_NAME as APPLY_TOOL
from dockerhub_mcp.tools.cleanup.model import CleanupPlan
from dockerhub_mcp.tools.cleanup.reading.immutable_tags import ImmutableTags
from dockerhub_mcp.tools.cleanup.selecting.rules import DEFAULT_KEPT_GLOBS, KeepRules
from dockerhub_mcp.tools.cleanup.selecting.selection import Selection
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.results.sanitize import error_text
from dockerhub_mcp.tools.tag_search.globs import GlobSet


def describe_next_step(context: ToolContext, plan: CleanupPlan, *, untagged: bool) -> str:
    """Return what carries a plan out, and until when; or why nothing does."""
    off = "" if context.tools is None else context.tools.disabled_reason(APPLY_TOOL)
    if off:
        text = f"Nothing was deleted. {APPLY_TOOL}, which carries plans out, is switched off: {off}."
    else:
        is_asked = context.mutation_policy.confirmation_mode is not ConfirmationMode.NEVER
        count, question = ("", "after one") if is_asked else (f" and confirm_count={plan.count}", "without a")
        text = (
            f"Nothing was deleted. {APPLY_TOOL} with this plan_id{count} deletes what the plan names, "
            f"{question} question to the user, if it is started before {plan.start_before:%H:%M:%S}Z."
        )
    if untagged:
        return text
    return f"{text} Deleting tags frees no storage: images stay stored without a tag, unless untagged=true."


def list_notes(
    context: ToolContext,
    place: tuple[str, str],
    repository: Repository,
    selection: Selection,
    immutable: ImmutableTags,
    *,
    max_delete: int,
) -> list[str]:
    """Return what an agent should know of a plan.

    Args:
        context: The context of the call.
        place: The namespace and the repository.
        repository: The repository as the Hub describes it.
        selection: What is deleted and kept.
        immutable: Which tags are immutable.
        max_delete: The limit of the plan.
    """
    notes = []
    if selection.left_over:
        notes.append(
            f"max_delete is {max_delete:,}: {selection.left_over:,} more tags match. "
            "Raise it, or make another plan after this one."
        )
    if any(tag.name == "latest" for tag in selection.deleted):
        notes.append("latest is one of the tags that are deleted, because keep_matching does not name it.")
    if immutable.undecided_rules:
        notes.append(
            "Whether some tags are immutable could not be decided, and the Hub did not tell; they are kept."
        )
    if repository.immutable_tags_settings is None and selection.deleted:
        notes.append(
            "The Hub does not tell this account which tags are immutable; it refuses to delete those."
        )
    notes += _describe_missing_right(context, place, repository)
    return notes


def describe_unmatched(keep: KeepRules, kept: Iterable[str]) -> list[str]:
    """Return a note if globs that should keep tags match none: they may be misspelled.

    Args:
        keep: The rules.
        kept: The names of all tags that stay; what a glob matches is among them.
    """
    if keep.matching.globs == DEFAULT_KEPT_GLOBS:
        return []
    kept = list(kept)
    idle = [glob for glob in keep.matching.globs if not any(map(GlobSet([glob]).matches, kept))]
    return [f"keep_matching keeps no tag by {list_names(idle)}: nothing has such a name."] if idle else []


def _describe_missing_right(
    context: ToolContext, place: tuple[str, str], repository: Repository
) -> list[str]:
    """Return a note if the account may not delete tags, as far as the Hub tells."""
    principal = context.hub.principal
    if principal.is_anonymous:
        return ["A plan of an anonymous caller cannot be applied; sign in first."]
    call = DeleteTag(namespace=place[0], repository=place[1], tag="latest")
    try:
        check_permission(call, repository, principal)
    except HubError as error:
        return [f"Applying the plan would be refused: {error_text(error)}"]
    return []
