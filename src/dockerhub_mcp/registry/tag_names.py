"""List the names of all tags of a repository, over many pages."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urljoin, urlsplit

from dockerhub_mcp.hub.transport.backends import Response
from dockerhub_mcp.hub.transport.urls import extract_origin
from dockerhub_mcp.registry.error_mapping import unfit_error
from dockerhub_mcp.registry.models import TagNames
from dockerhub_mcp.registry.parsing.json_values import decode_object, get_texts
from dockerhub_mcp.registry.parsing.large_json import run_by_size
from dockerhub_mcp.registry.references import is_tag
from dockerhub_mcp.registry.request import RegistryRequest
from dockerhub_mcp.registry.requester import Requester

PAGE_SIZE = 1000
MAX_PAGES = 20

_MAX_PAGE_BYTES = 4 * 1024**2
_MAX_QUERY_LENGTH = 2048
_LINK = re.compile(r"<([^<>]{1,4096})>\s*((?:;[^;,<>]{1,200}){0,8})")
_NEXT = re.compile(r";\s*rel\s*=\s*\"?next\"?\s*(?:;|$)", re.IGNORECASE)


async def list_tag_names(requester: Requester, repository: str) -> TagNames:
    """Return the names of the tags of a repository.

    Raises:
        HubError: A page could not be read.
    """
    names: dict[str, None] = {}
    query: dict[str, str] | None = {"n": str(PAGE_SIZE)}
    asked: list[dict[str, str]] = []
    while query is not None and query not in asked and len(asked) < MAX_PAGES:
        asked.append(query)
        request = RegistryRequest(
            "GET",
            repository,
            "tags/list",
            "tags/list",
            "",
            max_bytes=_MAX_PAGE_BYTES,
            query=query,
        )
        response = (await requester.send(request)).response
        try:
            page = await run_by_size(len(response.content), _parse_page, response.content)
            names |= dict.fromkeys(page)
            query = find_next_query(response, requester.transport.base_url + request.full_path)
        except ValueError as error:
            raise unfit_error(request, requester.transport.host, str(error)) from None
    return TagNames(tuple(names), is_complete=query is None)


def _parse_page(content: bytes) -> tuple[str, ...]:
    data = decode_object(content)
    if "tags" not in data:
        msg = "the answer is no list of tags"
        raise ValueError(msg)
    names = get_texts(data, "tags")
    if not all(map(is_tag, names)):
        msg = "the answer lists names that no tag can have"
        raise ValueError(msg)
    return names


def find_next_query(response: Response, url: str) -> dict[str, str] | None:
    """Return the query of the next page from the `Link` header; None on the last page.

    Args:
        response: The response with this page.
        url: The URL of the list, without its query.

    Raises:
        ValueError: The link leads to another host or path, where no request is sent.
    """
    header = response.headers.get("link", "")
    link = next((each for each in _LINK.finditer(header) if _NEXT.search(each[2])), None)
    if link is None:
        return None
    target = urljoin(url, link[1].strip())
    parts = urlsplit(target)
    if extract_origin(target) != extract_origin(url) or parts.path != urlsplit(url).path:
        msg = "the link to the next page leads elsewhere"
        raise ValueError(msg)
    if len(parts.query) > _MAX_QUERY_LENGTH:
        msg = "the link to the next page is too long"
        raise ValueError(msg)
    return dict(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=10))
