"""Read the tags of a plan again, so that nothing but what the plan names is deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dockerhub_mcp.hub.errors import Forbidden, NotFound, Refused, UnexpectedAnswer
from dockerhub_mcp.hub.methods import DeleteTag, GetRepository, GetTag, ListTags
from dockerhub_mcp.hub.methods.repository_changes import check_permission
from dockerhub_mcp.hub.models import Page, Tag
from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.tools.cleanup.applying.outcomes import RunStoppedError
from dockerhub_mcp.tools.cleanup.applying.pacing import RequestPacer
from dockerhub_mcp.tools.cleanup.model import CleanupPlan, PlannedTag
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.preview import check_token

_PAGE_SIZE = 100


class TagReader:
    """Reads single tags of a repository.

    Args:
        context: The context of the tool call.
        plan: The plan; it names the repository.
        pacer: Holds requests back where the rate limit asks for it.
    """

    def __init__(self, context: ToolContext, plan: CleanupPlan, pacer: RequestPacer) -> None:
        self._hub = context.hub
        self._place = {"namespace": plan.namespace, "repository": plan.repository}
        self._pacer = pacer

    def deletion_of(self, name: str) -> DeleteTag:
        """Return the call that deletes a tag."""
        return DeleteTag(**self._place, tag=name)

    async def read(self, name: str) -> Tag | None:
        """Return a tag as it is now; None where it does not exist.

        The Hub also says "not found" to a caller that may not see a repository, so that answer counts only
        while the account is signed in, sees the repository, and does not find the tag in its list.

        Raises:
            RunStoppedError: The account does not see the repository any more.
            HubError: The tag could not be read.
        """
        deletion = self.deletion_of(name)
        await self._hub.check_account(deletion)
        try:
            async with self._pacer.request():
                return await self._hub.send(GetTag(**self._place, tag=name))
        except NotFound:
            await self._hub.check_account(deletion)
            page = await self._list(name=name, page_size=_PAGE_SIZE)
            if any(tag.name == name for tag in page.results):
                what = f"The Hub does not find the tag {name}, and lists it."
                raise UnexpectedAnswer(what, remedy="Try again later.") from None
            return None

    async def count_tags(self) -> int | None:
        """Return how many tags the repository has; None where the Hub does not say.

        Raises:
            RunStoppedError: The account does not see the repository.
            HubError: It could not be read.
        """
        return (await self._list(page_size=1)).count

    async def _list(self, **filters: Any) -> Page[Tag]:
        try:
            async with self._pacer.request():
                return await self._hub.send(ListTags(**self._place, **filters))
        except (NotFound, Forbidden) as error:
            raise RunStoppedError(error.what, why=error.why, remedy=error.remedy) from None

    async def check_permission(self) -> None:
        """Check that the account may delete tags, as far as the Hub says so beforehand.

        Raises:
            HubError: It may not, or there is no account.
        """
        call = self.deletion_of("latest")
        await self._hub.check_account(call)
        check_token(call, self._hub.principal)
        try:
            async with self._pacer.request():
                repository = await self._hub.send(GetRepository(**self._place))
        except Refused:
            return  # an organization access token may delete tags of a repository that it may not read
        check_permission(call, repository, self._hub.principal)

    async def check_remaining(self, plan: CleanupPlan, open_tags: int) -> None:
        """Check that a repository keeps a tag unless the plan takes every one.

        Args:
            plan: The plan.
            open_tags: The number of tags that are still to be deleted.

        Raises:
            RunStoppedError: The tags that the plan keeps are gone.
        """
        count = await self.count_tags()
        if plan.takes_every_tag or count is None or count > open_tags or not open_tags:
            return
        what = f"{plan.image} has {count} tags now, and the plan deletes {open_tags}: the tags that it keeps "
        what += "are gone. Nothing was sent."
        raise RunStoppedError(what, remedy="Make a new plan; allow_everything lets it delete every tag.")


def has_moved(planned: PlannedTag, current: Tag) -> bool:
    """Tell whether a tag was pushed after the plan was made, to the same manifest or to another one."""
    if (current.digest or "") != planned.digest:
        return True
    pushed = {_to_seconds(current.tag_last_pushed), _to_seconds(current.last_updated)}
    return _to_seconds(planned.pushed_at) not in pushed


def _to_seconds(time: datetime | None) -> datetime | None:
    return None if time is None or is_never(time) else time.replace(microsecond=0)
