"""Every link leads to an existing file and heading of the project, or to a known host."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.pages import ROOT, load_pages, remove_blocks

PAGES = load_pages()
HOSTS = {
    "app.docker.com",
    "hub.docker.com",
    "docs.docker.com",
    "www.dockerstatus.com",
    "modelcontextprotocol.io",
    "agentskills.io",
    "github.com",
    "keepachangelog.com",
    "semver.org",
}
"""Hosts that a page may link to; no test connects to them."""
_LINK = re.compile(r"(?<!\\)\[(?:[^\]\[`]|`[^`]*`|\[[^\]]*\])*\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")
_IMAGE = re.compile(r"!\[[^\]]*\]\(([^()\s]+)\)")
_HTML = re.compile(r"<(?:img|a|source)\b[^>]*?\b(?:src|href|srcset)=\"([^\"\s]+)")
_REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def links(text: str) -> list[str]:
    """Return the targets of a page's links."""
    shown = remove_blocks(text)
    bare = re.sub(r"`[^`\n]*`", "``", shown)  # code may be the text of a link, but contains none
    return [target for kind in (_LINK, _IMAGE, _HTML, _REFERENCE) for target in kind.findall(bare)]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in _HEADING.findall(remove_blocks(text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def trouble(page: str, target: str) -> str:
    """Return the problem of a link, or an empty text."""
    parts = urlsplit(target)
    if parts.scheme:
        fits = parts.scheme == "https" and parts.hostname in HOSTS and not parts.username
        return "" if fits else "is no https address of a known host"
    steps: list[str] = []
    for step in (
        PurePosixPath(page).parent / unquote(parts.path) if parts.path else PurePosixPath(page)
    ).parts:
        if step != "..":
            steps.append(step)
        elif steps:
            steps.pop()
        else:
            return "leads out of the project"
    path = "/".join(steps)
    if parts.path.startswith("/") or not (ROOT / path).exists():
        return "leads to no file"
    if parts.fragment and parts.fragment not in anchors(PAGES.get(path, "")):
        return f"leads to no heading of {path}"
    return ""


def test_there_are_pages_and_links() -> None:
    assert {"README.md", "docs/README.md", "docs/tools/tags.md"} <= set(PAGES)
    assert sum(len(links(text)) for text in PAGES.values()) > 100


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    wrong = {target: said for target in links(PAGES[page]) if (said := trouble(page, target))}
    assert wrong == {}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("no-such-page.md", "leads to no file"),
        ("README.md#no-such-heading", "leads to no heading of docs/README.md"),
        ("#nowhere", "leads to no heading of docs/README.md"),
        ("../../elsewhere", "leads out of the project"),
        ("/etc/passwd", "leads to no file"),
        ("http://hub.docker.com", "is no https address of a known host"),
        ("https://example.org/x", "is no https address of a known host"),
        ("../README.md#sandbox", ""),
        ("#documentation", ""),
        ("https://hub.docker.com/_/redis", ""),
    ],
)
def test_a_link_that_leads_nowhere_is_found(target: str, said: str) -> None:
    assert trouble("docs/README.md", target) == said


def test_links_are_found_where_they_are_and_nowhere_else() -> None:
    text = (
        "[a](one.md) ![b](two.svg) [`c`](three.md#x) `[no](no.md)`\n```sh\n[no](no.md)\n```\n"
        '[![d](four.svg)](five.md)\n<img src="six.svg">\n[e]: seven.md\n'
    )
    assert set(links(text)) == {
        *("one.md", "two.svg", "three.md#x", "four.svg", "five.md", "six.svg", "seven.md"),
    }


def test_headings_get_the_anchors_that_github_gives_them() -> None:
    text = (
        "# A `code` heading, twice!\n## [A code](x.md) heading twice\n## --access: what?\n```\n# none\n```\n"
    )
    assert anchors(text) == {"a-code-heading-twice", "a-code-heading-twice-1", "--access-what"}


def test_the_index_names_every_page() -> None:
    index = set(links(PAGES["docs/README.md"]))
    for page in PAGES:
        if page.startswith("docs/") and page.count("/") == 1 and page != "docs/README.md":
            assert page.removeprefix("docs/") in index, page
    assert "tools/README.md" in index
