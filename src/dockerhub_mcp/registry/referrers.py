"""Find the artifacts that refer to an image: by the registry's list, its fallback tag, and cosign's tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from dockerhub_mcp.hub.errors import NotFound
from dockerhub_mcp.registry.client_state import ClientState
from dockerhub_mcp.registry.error_mapping import unfit_error
from dockerhub_mcp.registry.media_types import OCI_INDEX
from dockerhub_mcp.registry.models import Descriptor, ImageIndex, Manifest, ManifestHead
from dockerhub_mcp.registry.parsing.json_values import decode_object, get_list
from dockerhub_mcp.registry.parsing.large_json import run_by_size
from dockerhub_mcp.registry.parsing.manifests import parse_descriptor
from dockerhub_mcp.registry.request import RegistryRequest
from dockerhub_mcp.registry.tag_names import find_next_query

COSIGN_SUFFIXES = (".sig", ".att", ".sbom")
"""The ends of the tags that older versions of cosign write for an image."""

MAX_PAGES = 20
"""The most pages of one list of referrers that are read."""
_MAX_PAGE_BYTES = 4 * 1024**2
_UNSUPPORTED = frozenset({404, 405, 501})


async def list_from_registry(
    state: ClientState, repository: str, digest: str
) -> tuple[Descriptor, ...] | None:
    """Return all referrers that the registry lists; None where it offers no such list, which is remembered.

    Raises:
        HubError: A page could not be read, or the list does not end within `MAX_PAGES` pages: a part of it
            must not be taken for the whole.
    """
    if repository in state.server.without_referrers:
        return None
    found: list[Descriptor] = []
    query: dict[str, str] | None = {}
    asked: list[dict[str, str]] = []
    while query is not None:
        request = RegistryRequest(
            "GET",
            repository,
            f"referrers/{digest}",
            "referrers/{digest}",
            "the list of referrers",
            max_bytes=_MAX_PAGE_BYTES,
            accept=OCI_INDEX,
            query=query,
            accepted_statuses=_UNSUPPORTED,
        )
        if query in asked or len(asked) == MAX_PAGES:
            defect = (
                "the list goes on in a circle" if query in asked else f"it has more than {MAX_PAGES} pages"
            )
            raise unfit_error(request, state.requester.transport.host, defect)
        asked.append(query)
        response = (await state.requester.send(request)).response
        if response.status in _UNSUPPORTED:
            state.server.without_referrers[repository] = True
            return None
        try:
            found += await run_by_size(len(response.content), _parse_page, response.content)
            query = find_next_query(response, state.requester.transport.base_url + request.full_path)
        except ValueError as error:
            raise unfit_error(request, state.requester.transport.host, str(error)) from None
    return tuple(found)


def _parse_page(content: bytes) -> list[Descriptor]:
    data = decode_object(content)
    if "manifests" not in data:
        msg = "the answer is no list of referrers"
        raise ValueError(msg)
    return list(map(parse_descriptor, get_list(data, "manifests")))


def get_fallback_tag(digest: str) -> str:
    """Return the tag that holds the referrers of an image where the registry offers no list."""
    return digest.replace(":", "-", 1)


async def list_from_fallback_tag(
    get_manifest: Callable[[str, str], Awaitable[Manifest]], repository: str, digest: str
) -> tuple[Descriptor, ...]:
    """Return the referrers in the fallback tag; none where there is no such tag.

    Raises:
        HubError: The tag exists and could not be read.
    """
    try:
        manifest = await get_manifest(repository, get_fallback_tag(digest))
    except NotFound:
        return ()
    return manifest.descriptors if isinstance(manifest, ImageIndex) else ()


async def find_cosign_tags(
    head_manifest: Callable[[str, str], Awaitable[ManifestHead]], repository: str, digest: str
) -> tuple[str, ...]:
    """Return the tags of older versions of cosign that exist for an image.

    Raises:
        HubError: One of them could not be looked up.
    """
    tags = [f"{get_fallback_tag(digest)}{suffix}" for suffix in COSIGN_SUFFIXES]
    found: list[str] = []
    errors: list[Exception] = []

    async def look_up(tag: str) -> None:
        try:
            await head_manifest(repository, tag)
        except NotFound:
            return
        except Exception as error:  # noqa: BLE001 - raised below, without the group of the tasks
            errors.append(error)
        else:
            found.append(tag)

    async with anyio.create_task_group() as tasks:
        for tag in tags:
            tasks.start_soon(look_up, tag)
    if errors:
        raise errors[0]
    return tuple(tag for tag in tags if tag in found)
