"""Read the list of all manifests of a repository, those without a tag included.

Docker does not document this route; its staff and public clients describe it (docker/roadmap#795). It is only
read: manifests are deleted through the documented route of the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.api.enums import Area, Effect, Scope
from dockerhub_mcp.hub.api.method import GET, Method
from dockerhub_mcp.hub.errors import HubError
from dockerhub_mcp.hub.methods.mixins import RepositoryMethod
from dockerhub_mcp.hub.models import HubModel
from dockerhub_mcp.hub.models.timestamp import Timestamp, is_never
from dockerhub_mcp.tools.cleanup.model import ManifestKind
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images.request_reserve import check_request_reserve
from dockerhub_mcp.tools.results.sanitize import error_text

MAX_PAGES = 400
_PAGE_SIZE = 100
_DOCKER_TYPES = "application/vnd.docker."


class _ManifestRecord(HubModel):
    """A manifest in the list."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("manifest_digest",)

    manifest_digest: str | None = None
    media_type: str | None = None
    tags: list[str | None] | None = None
    last_pushed: Timestamp = None
    last_pulled: Timestamp = None
    total_size: int | None = None


class _ManifestPage(HubModel):
    """A page of the list."""

    identifying_fields: ClassVar[tuple[str, ...]] = ("manifests",)

    manifests: list[_ManifestRecord] | None = None
    last_evaluated_key: str | None = None


class ListManifests(RepositoryMethod, Method[_ManifestPage]):
    """List the manifests of a repository, those without a tag included."""

    http = GET("/v2/namespaces/{namespace}/repositories/{repository}/manifests")
    effect = Effect.READ
    scope = Scope.REPO_WRITE
    area = Area.TAGS
    title = "List manifests"
    oat_scope = "scope-repository-edit"
    is_documented = False
    is_enabled_by_default = False

    page_size: Annotated[int, Field(ge=1, le=100)] = _PAGE_SIZE
    last_evaluated_key: str | None = None


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest that the repository stores.

    Attributes:
        digest: The digest.
        kind: Whether it is an index or an image.
        is_tagged: Whether the Hub lists a tag for it.
        pushed_at: The time of the last push; None where the Hub does not tell.
        pulled_at: The time of the last pull; None where the Hub recorded none.
        size: The size in bytes; None where unknown.
        can_have_subject: Whether it may be about another manifest, as a signature is; only OCI formats can.
    """

    digest: str
    kind: ManifestKind
    is_tagged: bool
    pushed_at: datetime | None
    pulled_at: datetime | None
    size: int | None
    can_have_subject: bool = True


async def read_inventory(
    context: ToolContext, namespace: str, repository: str
) -> tuple[list[StoredManifest], str]:
    """Return the manifests, and why they are not all; an empty text if they are."""
    found: dict[str, StoredManifest] = {}
    key: str | None = None
    keys: set[str] = set()
    try:
        for _ in range(MAX_PAGES):
            check_request_reserve(context.hub, context.clock(), what_is_left="")
            call = ListManifests(namespace=namespace, repository=repository, last_evaluated_key=key)
            page = await context.hub.send(call)
            records = [each for each in map(_build_manifest, page.manifests or []) if each is not None]
            found |= {each.digest: each for each in records}
            key = page.last_evaluated_key
            if not key or not page.manifests or key in keys:
                return list(found.values()), ""
            keys.add(key)
    except HubError as error:
        return list(found.values()), error_text(error)
    return list(found.values()), f"More than {MAX_PAGES} pages of manifests were not read."


def _build_manifest(record: _ManifestRecord) -> StoredManifest | None:
    if not record.manifest_digest:
        return None
    media_type = record.media_type or ""
    return StoredManifest(
        record.manifest_digest,
        "index" if "index" in media_type or "manifest.list" in media_type else "image",
        any(record.tags or []),
        _drop_never(record.last_pushed),
        _drop_never(record.last_pulled),
        record.total_size,
        not media_type.startswith(_DOCKER_TYPES),
    )


def _drop_never(value: datetime | None) -> datetime | None:
    return None if value is None or is_never(value) else value
