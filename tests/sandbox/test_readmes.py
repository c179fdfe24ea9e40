import re

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.official_images import load_official_images
from dockerhub_mcp.sandbox.data.readmes import render_official_readme
from tests.support.sandbox_requests import START, RequestAs

HEADINGS = ("# Quick reference\n", "# Supported tags", "# What is ", "# How to use", "# Licence\n")


def test_official_images_have_readmes_as_long_as_real_ones(sandbox: Sandbox) -> None:
    for image in load_official_images():
        text = sandbox.state.get_repository("library", image.name).full_description or ""
        assert 2_500 < len(text) < 15_000, image.name
        assert text == text.strip() + "\n", image.name
        assert not re.search(r"[{}]|\n{4}", text), image.name
        assert [text.count(heading) for heading in HEADINGS] == [1] * len(HEADINGS), image.name


def test_readmes_list_tags_that_exist(sandbox: Sandbox) -> None:
    for image in load_official_images():
        repository = sandbox.state.get_repository("library", image.name)
        readme = repository.full_description or ""
        lines = re.findall(r"^-\t\[(`.+`)\]\(https://github.com/", readme, re.MULTILINE)
        listed = {tag for line in lines for tag in re.findall(r"`([^`]+)`", line)}
        assert listed, image.name
        assert listed <= {tag.name for tag in repository.tags}, image.name


def test_readmes_are_rendered_on_first_use() -> None:
    sandbox = Sandbox(now=lambda: START)
    pages = [found for found in sandbox.state.repositories.values() if found.namespace == "library"]
    assert all(callable(found.overview) and found._tags is None for found in pages)
    text = pages[0].full_description
    assert (text, pages[0].overview) == (render_official_readme(load_official_images()[0], START), text)
    assert pages[0]._tags is None
    pages[0].full_description = "other words"
    assert pages[0].full_description == "other words"


async def test_readmes_are_returned_with_one_repository_and_not_in_lists(request_as: RequestAs) -> None:
    one = (await request_as(None, "GET", "/v2/namespaces/library/repositories/redis")).json()
    assert len(one["full_description"]) > 9_000
    community = (await request_as(None, "GET", "/v2/namespaces/quayside/repositories/redis-sentinel")).json()
    assert community["full_description"].startswith("# Redis sentinel by quayside\n")
    listed = (await request_as(None, "GET", "/v2/namespaces/library/repositories")).json()
    assert all("full_description" not in entry for entry in listed["results"])
