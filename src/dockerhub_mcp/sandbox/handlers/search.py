"""Searching for repositories, in the present way and in the older one."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from dockerhub_mcp.sandbox.context import caller, hub
from dockerhub_mcp.sandbox.data.deterministic import number, stamp
from dockerhub_mcp.sandbox.data.search_index import HARDENED, Finding, findings
from dockerhub_mcp.sandbox.errors import account_refusal, invalid
from dockerhub_mcp.sandbox.paging import LARGEST_PAGE, listing, page

DEFAULT_SIZE = 25
SORTS: dict[str, Callable[[Finding], float]] = {
    "pull_count": lambda found: found.pulls,
    "updated_at": lambda found: found.updated,
}
ORDERS = ("asc", "desc")
NO_MATCH = (9, 0, "")
FILTERS: dict[str, Callable[[Finding], set[str]]] = {
    "type": lambda found: {found.type},
    "badges": lambda found: {found.badge},
    "categories": lambda found: {word.lower() for category in found.categories for word in category},
    "architectures": Finding.architectures,
    "operating_systems": Finding.systems,
}
LABELS = {"linux": "Linux", "windows": "Windows", "amd64": "x86-64", "386": "386", "arm": "ARM"}
LABELS |= {"arm64": "ARM 64", "ppc64le": "PowerPC 64 LE", "s390x": "IBM Z", "riscv64": "RISC-V 64"}
ROUND = tuple(
    (step * power, f"{step}{unit}+")
    for power, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K"))
    for step in (500, 100, 50, 10, 5, 1)
)


async def search(request: Request) -> JSONResponse:
    """The best matches first, or sorted as asked."""
    caller(request)
    query = request.query_params
    start, size = _number(request, "from", 0), _number(request, "size", DEFAULT_SIZE)
    words = query.get("query", "").strip().lower()
    found = [entry for entry in findings(hub(request).state) if _fits(request, entry)]
    ranked = sorted(((_rank(entry, words), entry) for entry in found), key=lambda pair: pair[0])
    matches = [entry for rank, entry in ranked if rank < NO_MATCH]
    sort, order = _choice(request, "sort", tuple(SORTS)), _choice(request, "order", ORDERS)
    if sort:
        matches.sort(key=SORTS[sort], reverse=order != "asc")
    shown = matches[start : start + min(size, LARGEST_PAGE)]
    return JSONResponse({"total": len(matches), "results": [_as_json(entry) for entry in shown]})


async def search_repositories(request: Request) -> JSONResponse:
    """The older search, which knows of no hardened images and counts pulls in full."""
    caller(request)
    words = request.query_params.get("query", "").strip().lower()
    wanted = page(request, DEFAULT_SIZE)
    entries = [entry for entry in findings(hub(request).state) if entry.type != "dhi"]
    ranked = sorted(((_rank(entry, words), entry) for entry in entries), key=lambda pair: pair[0])
    matches = [entry for rank, entry in ranked if rank < NO_MATCH]
    if wanted.is_past_the_end(len(matches)):
        raise account_refusal(404, "Invalid page.")
    results = [
        {
            "repo_name": entry.slug,
            "short_description": entry.description,
            "star_count": entry.stars,
            "pull_count": entry.pulls,
            "repo_owner": "",
            "is_automated": False,
            "is_official": entry.badge == "official",
        }
        for entry in wanted.of(matches)
    ]
    return JSONResponse(listing(request, wanted, len(matches), results))


def rounded(pulls: int) -> str:
    """A number of pulls as the search shows it."""
    return next((words for least, words in ROUND if pulls >= least), str(pulls))


def _rank(entry: Finding, words: str) -> tuple[int, int, str]:
    """How well an entry fits, smaller for better; hardened images go before all others."""
    name, slug = entry.name.lower(), entry.slug.lower()
    if not words:
        place = 5
    elif entry.badge == HARDENED and words == name:
        place = 0
    elif words in {name, slug}:
        place = 1 if entry.badge == "official" else 2
    elif name.startswith(words):
        place = 3
    elif words in slug:
        place = 4
    elif words in entry.description.lower():
        place = 6
    else:
        return NO_MATCH
    return place, -entry.pulls, slug


def _fits(request: Request, entry: Finding) -> bool:
    for name, values in FILTERS.items():
        wanted = {word.lower() for word in request.query_params.get(name, "").split(",") if word}
        if wanted and not wanted & values(entry):
            return False
    return True


def _as_json(entry: Finding) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.slug,
        "slug": entry.slug,
        "type": entry.type,
        "publisher": {"id": entry.publisher[0], "name": entry.publisher[1]},
        "created_at": stamp(entry.created),
        "updated_at": stamp(entry.updated),
        "short_description": entry.description,
        "badge": entry.badge,
        "star_count": entry.stars,
        "pull_count": rounded(entry.pulls),
        "operating_systems": [_labelled(name) for name in sorted(entry.systems())],
        "architectures": [_labelled(name) for name in sorted(entry.architectures())],
        "logo_url": _logo(entry),
        "extension_reviewed": False,
        "categories": [{"name": name, "slug": slug} for name, slug in entry.categories],
        "archived": False,
    }


def _logo(entry: Finding) -> dict[str, str]:
    """Where the pictures are; who has no badge has none."""
    if entry.badge == "none":
        return {"large": "", "small": ""}
    namespace = "library/" if entry.badge == "official" else ""
    uploaded = 1_700_000_000_000 + number("logo", entry.slug, below=60_000_000_000)
    where = f"https://logos.example.com/repo-logos/{namespace}{entry.slug}/live/logo-{uploaded}.png"
    return {"large": where, "small": where}


def _labelled(name: str) -> dict[str, str]:
    return {"name": name, "label": LABELS.get(name, name)}


def _choice(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    value = request.query_params.get(name)
    if value and value not in choices:
        problem = f"{name} must be one of {', '.join(choices)}"
        raise invalid(problem, name)
    return value or None


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(2**31))):
        problem = f"{name} must be a number"
        raise invalid(problem, name)
    return int(text)
