"""Searching for repositories, in the present way and in the older one."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.context import get_caller, get_hub
from dockerhub_mcp.sandbox.data.deterministic import derive_number
from dockerhub_mcp.sandbox.data.search_index import HARDENED_BADGE, SearchEntry, iter_search_entries
from dockerhub_mcp.sandbox.errors import account_service_error, invalid_field_error
from dockerhub_mcp.sandbox.paging import MAX_PAGE_SIZE, build_page_body, parse_page_request
from dockerhub_mcp.sandbox.timestamps import format_timestamp

DEFAULT_PAGE_SIZE = 25
SORT_KEYS: dict[str, Callable[[SearchEntry], float]] = {
    "pull_count": lambda found: found.pull_count,
    "updated_at": lambda found: found.updated_at,
}
SORT_ORDERS = ("asc", "desc")
NO_MATCH_RANK = (9, 0, "")
FILTER_VALUES: dict[str, Callable[[SearchEntry], set[str]]] = {
    "type": lambda found: {found.type},
    "badges": lambda found: {found.badge},
    "categories": lambda found: {word.lower() for category in found.categories for word in category},
    "architectures": SearchEntry.collect_architectures,
    "operating_systems": SearchEntry.collect_operating_systems,
}
PLATFORM_LABELS = {"linux": "Linux", "windows": "Windows", "amd64": "x86-64", "386": "386", "arm": "ARM"}
PLATFORM_LABELS |= {"arm64": "ARM 64", "ppc64le": "PowerPC 64 LE", "s390x": "IBM Z", "riscv64": "RISC-V 64"}
PULL_COUNT_BUCKETS = tuple(
    (step * power, f"{step}{unit}+")
    for power, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K"))
    for step in (500, 100, 50, 10, 5, 1)
)


async def search_catalog(request: Request) -> JSONResponse:
    """The best matches first, or sorted as asked."""
    get_caller(request)
    query = request.query_params
    start, size = (
        _parse_non_negative_int(request, "from", 0),
        _parse_non_negative_int(request, "size", DEFAULT_PAGE_SIZE),
    )
    words = query.get("query", "").strip().lower()
    found = [
        entry for entry in iter_search_entries(get_hub(request).state) if _matches_filters(request, entry)
    ]
    ranked = sorted(((_rank_entry(entry, words), entry) for entry in found), key=lambda pair: pair[0])
    matches = [entry for rank, entry in ranked if rank < NO_MATCH_RANK]
    sort, order = (
        _parse_choice(request, "sort", tuple(SORT_KEYS)),
        _parse_choice(request, "order", SORT_ORDERS),
    )
    if sort:
        matches.sort(key=SORT_KEYS[sort], reverse=order != "asc")
    shown = matches[start : start + min(size, MAX_PAGE_SIZE)]
    return JSONResponse({"total": len(matches), "results": [_serialize_entry(entry) for entry in shown]})


async def search_repositories(request: Request) -> JSONResponse:
    """The older search, which knows of no hardened images and counts pulls in full."""
    get_caller(request)
    words = request.query_params.get("query", "").strip().lower()
    wanted = parse_page_request(request, DEFAULT_PAGE_SIZE)
    entries = [entry for entry in iter_search_entries(get_hub(request).state) if entry.type != "dhi"]
    ranked = sorted(((_rank_entry(entry, words), entry) for entry in entries), key=lambda pair: pair[0])
    matches = [entry for rank, entry in ranked if rank < NO_MATCH_RANK]
    if wanted.is_out_of_range(len(matches)):
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
        for entry in wanted.slice_entries(matches)
    ]
    return JSONResponse(build_page_body(request, wanted, len(matches), results))


def format_pull_count(pull_count: int) -> str:
    """A number of pulls as the search shows it."""
    return next((words for least, words in PULL_COUNT_BUCKETS if pull_count >= least), str(pull_count))


def _rank_entry(entry: SearchEntry, query: str) -> tuple[int, int, str]:
    """How well an entry fits, smaller for better; hardened images go before all others."""
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
        wanted = {word.lower() for word in request.query_params.get(name, "").split(",") if word}
        if wanted and not wanted & values(entry):
            return False
    return True


def _serialize_entry(entry: SearchEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.slug,
        "slug": entry.slug,
        "type": entry.type,
        "publisher": {"id": entry.publisher[0], "name": entry.publisher[1]},
        "created_at": format_timestamp(entry.created_at),
        "updated_at": format_timestamp(entry.updated_at),
        "short_description": entry.description,
        "badge": entry.badge,
        "star_count": entry.star_count,
        "pull_count": format_pull_count(entry.pull_count),
        "operating_systems": [
            _serialize_platform_label(name) for name in sorted(entry.collect_operating_systems())
        ],
        "architectures": [_serialize_platform_label(name) for name in sorted(entry.collect_architectures())],
        "logo_url": _build_logo_urls(entry),
        "extension_reviewed": False,
        "categories": [{"name": name, "slug": slug} for name, slug in entry.categories],
        "archived": False,
    }


def _build_logo_urls(entry: SearchEntry) -> dict[str, str]:
    """Where the pictures are; who has no badge has none."""
    if entry.badge == "none":
        return {"large": "", "small": ""}
    namespace = "library/" if entry.badge == "official" else ""
    uploaded = 1_700_000_000_000 + derive_number("logo", entry.slug, below=60_000_000_000)
    where = f"https://logos.example.com/repo-logos/{namespace}{entry.slug}/live/logo-{uploaded}.png"
    return {"large": where, "small": where}


def _serialize_platform_label(name: str) -> dict[str, str]:
    return {"name": name, "label": PLATFORM_LABELS.get(name, name)}


def _parse_choice(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.query_params.get(name)
    if value and value not in choices:
        problem = f"{name} must be one of {', '.join(choices)}"
        raise invalid_field_error(problem, name)
    return value or None


def _parse_non_negative_int(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(2**31))):
        problem = f"{name} must be a number"
        raise invalid_field_error(problem, name)
    return int(text)
