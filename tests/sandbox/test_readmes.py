import re
from collections.abc import Awaitable, Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.official_images import load_official_images
from dockerhub_mcp.sandbox.data.readmes import render_official_readme

Ask = Callable[..., Awaitable[httpx.Response]]
START = 1_760_000_012.5

every_image = pytest.mark.parametrize("name", [image.name for image in load_official_images()])


@every_image
def test_official_images_have_pages_as_long_as_real_ones(sandbox: Sandbox, name: str) -> None:
    text = sandbox.state.get_repository("library", name).full_description or ""
    assert 2_500 < len(text) < 15_000
    assert text == text.strip() + "\n"
    assert not re.search(r"[{}]|\n{4}", text)
    for heading in ("# Quick reference\n", "# Supported tags", "# What is ", "# How to use", "# Licence\n"):
        assert text.count(heading) == 1, heading


@every_image
def test_pages_name_tags_that_are_there(sandbox: Sandbox, name: str) -> None:
    found = sandbox.state.get_repository("library", name)
    supported = re.findall(r"^-\t\[(`.+`)\]\(https://github.com/", found.full_description or "", re.MULTILINE)
    named = {tag for line in supported for tag in re.findall(r"`([^`]+)`", line)}
    assert named
    assert named <= {tag.name for tag in found.tags}


def test_pages_are_written_when_somebody_looks() -> None:
    sandbox = Sandbox(now=lambda: START)
    pages = [found for found in sandbox.state.repositories.values() if found.namespace == "library"]
    assert all(callable(found.overview) and found._tags is None for found in pages)
    text = pages[0].full_description
    assert (text, pages[0].overview) == (render_official_readme(load_official_images()[0], START), text)
    assert pages[0]._tags is None
    pages[0].full_description = "other words"
    assert pages[0].full_description == "other words"


async def test_pages_are_shown_with_one_repository_and_not_in_lists(ask: Ask) -> None:
    one = (await ask(None, "GET", "/v2/namespaces/library/repositories/redis")).json()
    assert len(one["full_description"]) > 9_000
    community = (await ask(None, "GET", "/v2/namespaces/quayside/repositories/redis-sentinel")).json()
    assert community["full_description"].startswith("# Redis sentinel by quayside\n")
    listed = (await ask(None, "GET", "/v2/namespaces/library/repositories")).json()
    assert all("full_description" not in entry for entry in listed["results"])
