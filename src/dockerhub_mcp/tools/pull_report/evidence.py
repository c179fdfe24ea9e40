"""Read what the Hub and the registry say of an image, without a pull."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.errors import NotFound
from dockerhub_mcp.hub.methods import GetRepository, GetTag
from dockerhub_mcp.hub.models import Repository, Tag
from dockerhub_mcp.registry import ManifestHead, PullLimit, RegistryClient
from dockerhub_mcp.tools.access_report.account import AccountFacts, read_account
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.pull_report.near_names import (
    NearNames,
    find_near_repositories,
    find_near_tags,
    read_memberships,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RegistryEvidence:
    """What the registry says.

    Attributes:
        head: The digest and media type of the manifest, or the error of the request.
        actions: The actions that the token service grants; None where they were not asked for.
        limit: The pull limit; None where none is reported.
        limit_error: Why the limit is unknown; None where it is known, or could not be asked for.
        is_limit_known: Whether a response could have reported the limit.
        is_docker: Whether it is Docker's own registry.
    """

    head: ManifestHead | HubError
    actions: frozenset[str] | HubError | None = None
    limit: PullLimit | None = None
    limit_error: HubError | None = None
    is_limit_known: bool = True
    is_docker: bool = True


@dataclass(frozen=True, slots=True)
class PullEvidence:
    """What is known about an image and the account.

    Attributes:
        target: The image.
        account: The account.
        repository: The repository, or why it could not be read.
        tag: The tag, or why it could not be read; None where only a digest is named, or without repository.
        registry: What the registry says; None where no registry is contacted.
        near: Names near to that of the repository or tag that was not found.
        role: The role of the account in the namespace of a repository that was not found; empty without one.
    """

    target: ImageTarget
    account: AccountFacts
    repository: Repository | HubError
    tag: Tag | HubError | None = None
    registry: RegistryEvidence | None = None
    near: NearNames = field(default_factory=NearNames)
    role: str = ""

    @property
    def head(self) -> ManifestHead | None:
        """The manifest at the registry, where it has one."""
        head = self.registry and self.registry.head
        return head if isinstance(head, ManifestHead) else None

    @property
    def is_pull_granted(self) -> bool | None:
        """Whether the token service grants pulls; None where it was not asked, or did not answer."""
        actions = self.registry and self.registry.actions
        return "pull" in actions if isinstance(actions, frozenset) else None

    @property
    def is_missing_at_registry(self) -> bool:
        """Whether the registry answered that it has no such manifest for the account."""
        return self.registry is not None and isinstance(self.registry.head, NotFound)


async def gather_evidence(hub: Hub, registry: RegistryClient | None, target: ImageTarget) -> PullEvidence:
    """Read the repository, the tag and the head of the manifest; an error is evidence as well."""
    account = await read_account(hub)
    place = {"namespace": target.namespace, "repository": target.repository}
    repository = await attempt(hub.send(GetRepository(**place)))
    tag = None
    if target.tag and not isinstance(repository, HubError):
        tag = await attempt(hub.send(GetTag(**place, tag=target.tag)))
    account = account.after_requests(hub)
    found = await _read_registry(registry, target) if registry else None
    near, role = NearNames(), ""
    is_at_registry = found is not None and isinstance(found.head, ManifestHead)
    if isinstance(repository, NotFound) and not is_at_registry:
        memberships = await read_memberships(hub, account.principal)
        near, role = (
            await find_near_repositories(hub, target, memberships),
            memberships.get(target.namespace, ""),
        )
    elif isinstance(tag, NotFound) and not is_at_registry:
        near = await find_near_tags(hub, target)
    return PullEvidence(target, account, repository, tag, found, near, role)


async def attempt(awaitable: Awaitable[T]) -> T | HubError:
    """Return the result of a request, or its error."""
    try:
        return await awaitable
    except HubError as error:
        return error


async def _read_registry(registry: RegistryClient, target: ImageTarget) -> RegistryEvidence:
    session = registry.start_session()
    head = await attempt(session.head_manifest(target.full_name, target.reference))
    actions = limit_error = None
    limit = session.pull_limit
    if isinstance(head, NotFound):
        actions = await attempt(session.fetch_granted_actions(target.full_name))
        asked = await attempt(session.fetch_pull_limit())
        limit, limit_error = (limit, asked) if isinstance(asked, HubError) else (asked, None)
    elif isinstance(head, HubError):
        limit_error = head
    return RegistryEvidence(
        head,
        actions,
        limit,
        limit_error,
        is_limit_known=session.is_limit_known,
        is_docker=registry.has_limit_preview,
    )
