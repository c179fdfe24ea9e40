from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.errors import BadRequest, NotFound
from dockerhub_mcp.hub.methods import CheckRepository, CreateRepository, GetRepository, ListRepositories
from dockerhub_mcp.sandbox import Sandbox

LIST = "/v2/namespaces/library/repositories"


async def test_repositories_of_the_official_images_are_listed_by_default(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    page = await make_hub().send(ListRepositories())
    assert (page.count, len(page.results)) == (25, 25)
    assert {repository.namespace for repository in page.results} == {"library"}
    assert (sandbox.requests[-1].path, sandbox.requests[-1].query) == (LIST, "page=1&page_size=25")


async def test_filters_and_pages_reach_the_hub(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    call = ListRepositories(namespace="acme", name="a", content_types="helm,plugin", page=1, page_size=5)
    page = await make_hub().send(call)
    assert {repository.name for repository in page.results} == {"charts"}
    assert sandbox.requests[-1].query == "name=a&content_types=helm%2Cplugin&page=1&page_size=5"


async def test_private_repositories_are_listed_with_permission(
    make_hub: Callable[..., Hub],
) -> None:
    call = ListRepositories(namespace="acme")
    shown = {
        who: sum(bool(found.is_private) for found in (await make_hub(who).send(call)).results)
        for who in (None, "owner", "org-token", "org-token-narrow")
    }
    assert shown == {None: 0, "owner": 4, "org-token": 4, "org-token-narrow": 0}


async def test_all_fields_of_a_repository_are_read(make_hub: Callable[..., Hub]) -> None:
    found = await make_hub("owner-pat").send(GetRepository(namespace="acme", repository="billing-api"))
    assert (found.name, found.namespace, found.is_private) == ("billing-api", "acme", True)
    assert found.permissions is not None
    assert found.permissions.admin
    assert found.immutable_tags_settings is not None
    assert found.immutable_tags_settings.rules
    assert found.last_updated is not None
    assert found.last_updated.utcoffset() is not None


async def test_a_pasted_url_finds_the_repository(make_hub: Callable[..., Hub]) -> None:
    found = await make_hub().send(GetRepository(repository="https://hub.docker.com/r/acme/cli/tags"))
    assert (found.namespace, found.name) == ("acme", "cli")


@pytest.mark.parametrize(
    ("identity", "repository", "exists"),
    [
        (None, "redis", True),
        (None, "none", False),
        (None, "acme/storefront", False),
        ("owner", "acme/storefront", True),
        ("outsider", "acme/storefront", False),
        ("org-token-narrow", "acme/storefront", True),
    ],
)
async def test_a_repository_is_checked_for_existence(
    sandbox: Sandbox, make_hub: Callable[..., Hub], identity: str | None, repository: str, exists: bool
) -> None:
    found = await make_hub(identity).send(CheckRepository(repository=repository))
    assert found.exists is exists
    assert sandbox.requests[-1].method == "HEAD"


async def test_a_repository_is_created(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    call = CreateRepository(
        namespace="acme", name="web", description="Pages", full_description="# Web", is_private=True
    )
    created = await make_hub("owner").send(call)
    assert (created.name, created.is_private, created.full_description) == ("web", True, "# Web")
    assert sandbox.state.repositories[("acme", "web")].description == "Pages"


@pytest.mark.parametrize(
    ("arguments", "namespace", "name"),
    [
        ({"name": "acme/web"}, "acme", "web"),
        ({"namespace": "acme", "name": "acme/web"}, "acme", "web"),
        ({"namespace": "acme", "name": "web"}, "acme", "web"),
    ],
)
def test_a_name_may_include_its_namespace(arguments: dict[str, Any], namespace: str, name: str) -> None:
    call = CreateRepository.model_validate(arguments)
    assert (call.namespace, call.name) == (namespace, name)


@pytest.mark.parametrize(
    "arguments",
    [
        {"namespace": "ada", "name": "acme/web"},
        {"name": "a/b/c"},
        {"name": "web"},
        {"name": 5},
        {"namespace": "ada", "name": "Web"},
        {"namespace": "ada", "name": "web", "description": "x" * 101},
        {"namespace": "ada", "name": "web", "full_description": "x" * 25_001},
    ],
)
def test_invalid_arguments_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreateRepository.model_validate(arguments)


async def test_an_unknown_namespace_is_not_found(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(NotFound, match="namespace 'nobody'"):
        await make_hub("owner").send(CreateRepository(namespace="nobody", name="web"))


async def test_errors_quote_the_message_of_the_hub(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    body = '{"fields": {"name": ["reserved word"]}, "text": "Validation failed"}'
    sandbox.faults.add(match="/v2/namespaces", status=400, body=body)
    with pytest.raises(BadRequest, match=r'The Hub said: "name: reserved word"'):
        await make_hub("owner").send(CreateRepository(namespace="ada", name="web"))
