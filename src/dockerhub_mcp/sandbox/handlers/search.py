"""Search for repositories, through the current endpoint and the older ones."""

from collections.abc import Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.context import get_caller, get_hub
from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.data.search_index import HARDENED_BADGE, SearchEntry, iter_search_entries
from dockerhub_mcp.sandbox.errors import account_service_error, invalid_field_error, offset_too_large_error
from dockerhub_mcp.sandbox.paging import MAX_DIGITS, MAX_PAGE_SIZE, build_page_body, parse_page_request
from dockerhub_mcp.sandbox.timestamps import format_timestamp

DEFAULT_PAGE_SIZE = 25
SORT_KEYS: dict[str, Callable[[SearchEntry], float]] = {
    "pull_count": lambda entry: entry.pull_count,
    "updated_at": lambda entry: entry.updated_at,
}
OFFICIAL_BADGES = {"official", HARDENED_BADGE}
"""The badges of Docker's own images; their names lack the namespace."""
SORT_ORDERS = ("asc", "desc")
NO_MATCH_RANK = (9, 0, "")
FILTER_VALUES: dict[str, Callable[[SearchEntry], set[str]]] = {
    "type": lambda entry: {entry.type},
    "badges": lambda entry: {entry.badge},
    "categories": lambda entry: {text.lower() for category in entry.categories for text in category},
    "architectures": SearchEntry.collect_architectures,
    "operating_systems": SearchEntry.collect_operating_systems,
    "extension_reviewed": lambda entry: {str(entry.is_reviewed).lower()},
}
PLATFORM_LABELS = {"linux": "Linux", "windows": "Windows", "amd64": "x86-64", "386": "386", "arm": "ARM"}
PLATFORM_LABELS |= {"arm64": "ARM 64", "ppc64le": "PowerPC 64 LE", "s390x": "IBM Z", "riscv64": "RISC-V 64"}
PULL_COUNT_BUCKETS = tuple(
    (step * power, f"{step}{unit}+")
    for power, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K"))
    for step in (500, 100, 50, 10, 5, 1)
)


async def search_catalog(request: Request) -> JSONResponse:
    """Return the matches, the best first unless another order is requested."""
    get_caller(request)
    start = _parse_non_negative_int(request, "from", 0)
    size = min(_parse_non_negative_int(request, "size", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
    entries = iter_search_entries(get_hub(request).state)
    matches = _rank_matches(
        (entry for entry in entries if _matches_filters(request, entry)),
        request.query_params.get("query", ""),
    )
    sort = _parse_choice(request, "sort", tuple(SORT_KEYS))
    order = _parse_choice(request, "order", SORT_ORDERS)
    if sort:
        matches.sort(key=SORT_KEYS[sort], reverse=order != "asc")
    results = [_serialize_entry(entry) for entry in matches[start : start + size]]
    return JSONResponse({"total": len(matches), "results": results})


async def search_repositories(request: Request) -> JSONResponse:
    """Return the matches of the older search, which has no hardened images and does not round pulls."""
    caller, hub = get_caller(request), get_hub(request)
    page_request = parse_page_request(request, DEFAULT_PAGE_SIZE)
    if caller.kind == "anonymous" and page_request.offset >= hub.anonymous_search_offset:
        raise offset_too_large_error()
    entries = iter_search_entries(hub.state)
    query = request.query_params.get("query", "")
    matches = _rank_matches((entry for entry in entries if entry.type != "dhi"), query)
    if page_request.is_out_of_range(len(matches)):
        raise account_service_error(404, "Invalid page.")
    results = [
        {
            "repo_name": entry.slug,
            "short_description": entry.description,
            "star_count": entry.star_count,
            "pull_count": entry.pull_count,
            "repo_owner": "",
            "is_automated": False,
            "is_official": entry.badge == "official",
        }
        for entry in page_request.slice_entries(matches)
    ]
    body = build_page_body(request, page_request, len(matches), results)
    # Unlike other lists, this one has no null on its first page.
    return JSONResponse(body | {"previous": body["previous"] or ""})


async def search_index(request: Request) -> JSONResponse:
    """Return the matches of the search of `docker search`, which the real Hub has on index.docker.io."""
    get_caller(request)
    number = max(1, _parse_non_negative_int(request, "page", 1))
    size = min(max(1, _parse_non_negative_int(request, "n", DEFAULT_PAGE_SIZE)), MAX_PAGE_SIZE)
    query = request.query_params.get("q", "")
    entries = iter_search_entries(get_hub(request).state)
    matches = _rank_matches((entry for entry in entries if entry.type != "dhi"), query)
    results = [
        {
            "name": entry.slug,
            "description": entry.description,
            "pull_count": entry.pull_count,
            "star_count": entry.star_count,
            "is_trusted": False,
            "is_automated": False,
            "is_official": entry.badge == "official",
        }
        for entry in matches[(number - 1) * size : number * size]
    ]
    body = {
        "num_pages": -(-len(matches) // size),
        "num_results": len(matches),
        "page_size": size,
        "page": number,
        "query": query,
        "results": results,
    }
    return JSONResponse(body)


def format_pull_count(pull_count: int) -> str:
    """Return a number of pulls as the search shows it, rounded down to a bucket such as `10M+`."""
    return next((text for minimum, text in PULL_COUNT_BUCKETS if pull_count >= minimum), str(pull_count))


def _rank_matches(entries: Iterable[SearchEntry], text: str) -> list[SearchEntry]:
    query = text.strip().lower()
    ranked = sorted(((_rank_entry(entry, query), entry) for entry in entries), key=lambda pair: pair[0])
    return [entry for rank, entry in ranked if rank < NO_MATCH_RANK]


def _rank_entry(entry: SearchEntry, query: str) -> tuple[int, int, str]:
    """Return a sort key, smaller for better matches. Hardened images come before all others."""
    name, slug = entry.name.lower(), entry.slug.lower()
    if not query:
        place = 5
    elif entry.badge == HARDENED_BADGE and query == name:
        place = 0
    elif query in {name, slug}:
        place = 1 if entry.badge == "official" else 2
    elif name.startswith(query):
        place = 3
    elif query in slug:
        place = 4
    elif query in entry.description.lower():
        place = 6
    else:
        return NO_MATCH_RANK
    return place, -entry.pull_count, slug


def _matches_filters(request: Request, entry: SearchEntry) -> bool:
    for name, values in FILTER_VALUES.items():
        accepted = {value.lower() for value in request.query_params.get(name, "").split(",") if value}
        if accepted and not accepted & values(entry):
            return False
    return True


def _serialize_entry(entry: SearchEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name if entry.badge in OFFICIAL_BADGES else entry.slug,
        "slug": entry.slug,
        "type": entry.type,
        "publisher": {"id": entry.publisher[0], "name": entry.publisher[1]},
        "created_at": format_timestamp(entry.created_at),
        "updated_at": format_timestamp(entry.updated_at),
        "short_description": entry.description,
        "badge": entry.badge,
        "star_count": entry.star_count,
        "pull_count": format_pull_count(entry.pull_count),
        "raw_pull_count": entry.pull_count,
        "score": 0,
        "operating_systems": [
            _serialize_platform_label(name) for name in sorted(entry.collect_operating_systems())
        ],
        "architectures": [_serialize_platform_label(name) for name in sorted(entry.collect_architectures())],
        "logo_url": _build_logo_urls(entry),
        "extension_reviewed": entry.is_reviewed,
        "categories": [{"name": name, "slug": slug} for name, slug in entry.categories],
        "archived": entry.is_archived,
        "media_types": list(entry.media_types),
        "content_types": list(entry.content_types),
    }


def _build_logo_urls(entry: SearchEntry) -> dict[str, str]:
    """Return the URLs of the logo, empty for publishers without a badge."""
    if entry.badge == "none":
        return {"large": "", "small": ""}
    namespace = "library/" if entry.badge == "official" else ""
    uploaded_at = 1_700_000_000_000 + derive_number("logo", entry.slug, below=60_000_000_000)
    url = f"https://logos.example.com/repo-logos/{namespace}{entry.slug}/live/logo-{uploaded_at}.png"
    return {"large": url, "small": url}


def _serialize_platform_label(name: str) -> dict[str, str]:
    return {"name": name, "label": PLATFORM_LABELS.get(name, name)}


def _parse_choice(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.query_params.get(name)
    if value and value not in choices:
        message = f"{name} must be one of {', '.join(choices)}"
        raise invalid_field_error(message, name)
    return value or None


def _parse_non_negative_int(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        message = f"{name} must be a number"
        raise invalid_field_error(message, name)
    return int(text)
