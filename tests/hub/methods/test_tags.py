from __future__ import annotations

from collections.abc import Callable

import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.errors import Forbidden, NotFound
from dockerhub_mcp.hub.methods import CheckTag, GetTag, ListTags
from dockerhub_mcp.sandbox import Sandbox


async def test_tags_are_found_by_a_part_of_their_name(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    page = await make_hub().send(ListTags(repository="redis", name="alpine", page_size=5))
    assert len(page.results) == 5
    assert all("alpine" in (tag.name or "") for tag in page.results)
    assert sandbox.requests[-1].query == "name=alpine&page=1&page_size=5"


async def test_tags_are_found_by_platform(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    call = ListTags(repository="redis", architecture="arm64", os="linux", page_size=2)
    page = await make_hub().send(call)
    assert page.results
    for tag in page.results:
        assert any(image.architecture == "arm64" for image in tag.images or [])
    assert sandbox.requests[-1].query == "architecture=arm64&os=linux&page=1&page_size=2"


async def test_null_and_empty_filters_are_not_sent(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    arguments = {"repository": "redis", "name": "", "os": None, "ordering": None, "page_size": None}
    await make_hub().send(ListTags.model_validate(arguments))
    assert sandbox.requests[-1].query == "page=1&page_size=25"


@pytest.mark.parametrize("os", ["a&page=9", "ü #?", "a+b c"])
async def test_a_filter_is_encoded(sandbox: Sandbox, make_hub: Callable[..., Hub], os: str) -> None:
    page = await make_hub().send(ListTags(repository="redis", os=os))
    assert page.results == []
    assert sandbox.requests[-1].query.endswith("&page=1&page_size=25")
    assert sandbox.requests[-1].query.count("&") == 2


async def test_a_tag_is_read_with_its_platforms(make_hub: Callable[..., Hub]) -> None:
    tag = await make_hub().send(GetTag.model_validate({"repository": "redis:latest"}))
    assert tag.digest is not None
    assert tag.digest.startswith("sha256:")
    assert "linux/amd64" in [image.platform for image in tag.images or []]
    assert tag.last_updated is not None


async def test_a_tag_of_a_private_repository_needs_permission(make_hub: Callable[..., Hub]) -> None:
    call = GetTag(namespace="acme", repository="storefront", tag="latest")
    assert (await make_hub("org-token-narrow").send(call)).name == "latest"
    for nobody in (None, "outsider", "public-pat"):
        with pytest.raises(NotFound):
            await make_hub(nobody).send(call)


async def test_a_token_without_the_tag_scope_is_refused(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/tags", status=403, body='{"message": "forbidden", "errinfo": {}}')
    with pytest.raises(Forbidden, match=r"scope-tag-read.*probably for other resources"):
        await make_hub("org-token").send(ListTags(namespace="acme", repository="storefront"))


@pytest.mark.parametrize(("tag", "exists"), [("latest", True), ("none", False), ("latest?x=1#y", False)])
async def test_a_tag_is_checked_for_existence(
    sandbox: Sandbox, make_hub: Callable[..., Hub], tag: str, exists: bool
) -> None:
    assert (await make_hub().send(CheckTag(repository="redis", tag=tag))).exists is exists
    assert sandbox.requests[-1].method == "HEAD"
