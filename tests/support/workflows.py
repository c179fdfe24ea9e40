"""Sample workflows: one that only reads, and one that changes something and reports progress."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.api.types import Namespace, RepositoryName, TagName
from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.hub.methods import DeleteTag, GetRepository, GetTag
from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.hub.models.timestamp import Timestamp
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import Confirmation
from dockerhub_mcp.tools.mutations.execute import send_mutation
from dockerhub_mcp.tools.workflows.base import Workflow, WorkflowResult


class TagAge(HubModel):
    """The age of a tag."""

    summary_fields: ClassVar[tuple[str, ...]] = ("tag", "is_old", "age_days", "last_pushed", "description")
    untrusted_fields: ClassVar[tuple[str, ...]] = ("description",)

    tag: str
    is_old: bool = Field(description="Whether the tag is older than max_age_days.")
    age_days: int
    last_pushed: Timestamp = None
    description: str | None = None


class CheckTagAge(Workflow):
    """Check whether a tag was pushed within a number of days, and what its repository is."""

    title = "Check the age of a tag"
    methods = (GetTag, GetRepository)
    result_type = TagAge

    namespace: Namespace = "library"
    repository: RepositoryName
    tag: TagName
    max_age_days: Annotated[int, Field(ge=1, le=3650, description="Age limit in days.", examples=[90])] = 90

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Read the tag and its repository."""
        place = {"namespace": self.namespace, "repository": self.repository}
        tag = await context.hub.send(GetTag(**place, tag=self.tag))
        await context.report_progress(1, 2)
        notes = ["The age is that of the last push."]
        reason, description = "", None
        try:
            description = (await context.hub.send(GetRepository(**place))).description
        except HubError as error:
            reason = f"the repository could not be read: {error.what}"
        pushed = tag.tag_last_pushed or tag.last_updated
        age = context.clock() - pushed if pushed else timedelta(0)
        data = TagAge(
            tag=self.tag,
            is_old=age > timedelta(days=self.max_age_days),
            age_days=age.days,
            last_pushed=pushed,
            description=description,
        )
        return WorkflowResult(data, notes, reason)


class DeletedTags(HubModel):
    """The tags that were deleted."""

    deleted: list[str] = Field(default_factory=list)


class DeleteTags(Workflow):
    """Delete several tags of a repository after a single confirmation."""

    title = "Delete tags"
    methods = (GetTag, DeleteTag)
    result_type = DeletedTags

    namespace: Namespace
    repository: RepositoryName
    tags: Annotated[list[TagName], Field(min_length=1, description="Names of the tags.")]

    async def run(self, context: ToolContext) -> WorkflowResult:
        """Read all tags, ask once, delete them one by one."""
        place = {"namespace": self.namespace, "repository": self.repository}
        digests = [(await context.hub.send(GetTag(**place, tag=tag))).digest for tag in self.tags]
        text = f"Delete {', '.join(self.tags)} of {self.namespace}/{self.repository}; this cannot be undone."
        await context.require_confirmation(
            Confirmation(self.tool_name, text, f"{context.hub.principal} {digests} {self.model_dump_json()}")
        )
        for number, tag in enumerate(self.tags, 1):
            await send_mutation(context, DeleteTag(**place, tag=tag), confirmed=True)
            await context.report_progress(number, len(self.tags))
        return WorkflowResult(DeletedTags(deleted=self.tags))
