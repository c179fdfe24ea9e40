"""Deleting manifests by digest: what is granted, what is refused, and that no deletion is repeated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from dockerhub_mcp.hub.errors import BadRequest, Forbidden, HubError, InvalidRequest, NotFound
from dockerhub_mcp.registry import ManifestReferenced, RegistryClient
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.images.inventory import get_inventory
from tests.support.cleanup_plans import list_deletions
from tests.support.fixture_types import MakeHub
from tests.support.registry_contexts import connect_registry

IMAGE = "milldale/shared-index"
GetRegistry = Callable[[str], RegistryClient]


@pytest.fixture
async def get_registry(sandbox: Sandbox, make_hub: MakeHub) -> AsyncIterator[GetRegistry]:
    async with connect_registry(sandbox) as make:

        def get(identity: str) -> RegistryClient:
            registry = make(make_hub(identity)).registry
            assert registry is not None
            return registry

        yield get


@pytest.fixture
def registry(get_registry: GetRegistry) -> RegistryClient:
    return get_registry("owner")


@pytest.fixture
def untagged(sandbox: Sandbox) -> str:
    """Remove a tag, and return the digest of its index, to which nothing refers any more."""
    repository = sandbox.state.repositories["milldale", "shared-index"]
    digest, names = next(
        (digest, names) for digest, names in get_inventory(repository).tags.items() if "1.0.0" in names
    )
    for tag in [each for each in repository.tags if each.name in names]:
        repository.tags.remove(tag)
        repository.former_tags.append(tag)
    return digest


async def test_a_manifest_without_a_tag_is_deleted(registry: RegistryClient, untagged: str) -> None:
    assert await registry.has_manifest(IMAGE, untagged)
    await registry.delete_manifest(IMAGE, untagged)
    assert not await registry.has_manifest(IMAGE, untagged)
    with pytest.raises(NotFound):
        await registry.delete_manifest(IMAGE, untagged)


async def test_a_referenced_manifest_is_kept(registry: RegistryClient, sandbox: Sandbox) -> None:
    inventory = get_inventory(sandbox.state.repositories["milldale", "shared-index"])
    for digest in (next(iter(inventory.tags)), next(iter(inventory.parents))):
        with pytest.raises(ManifestReferenced) as caught:
            await registry.delete_manifest(IMAGE, digest)
        assert not caught.value.may_be_done


async def test_only_digests_are_sent(registry: RegistryClient, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidRequest):
        await registry.delete_manifest(IMAGE, "latest")
    assert list_deletions(sandbox) == []


async def test_a_registry_without_deletion_says_so(
    registry: RegistryClient, sandbox: Sandbox, untagged: str
) -> None:
    body = '{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}'
    sandbox.faults.add(method="DELETE", status=405, body=body)
    with pytest.raises(BadRequest, match="offers no deletion"):
        await registry.delete_manifest(IMAGE, untagged)


async def test_a_right_to_pull_is_not_enough(
    get_registry: GetRegistry, sandbox: Sandbox, untagged: str
) -> None:
    registry = get_registry("member")
    digest = (await registry.start_session().head_manifest("acme/billing-api", "latest")).digest
    with pytest.raises(Forbidden, match="nothing was sent") as caught:
        await registry.delete_manifest("acme/billing-api", digest)
    assert not caught.value.may_be_done
    assert list_deletions(sandbox) == []
    with pytest.raises(NotFound) as hidden:
        await registry.delete_manifest(IMAGE, untagged)
    assert hidden.value.status == 401
    with pytest.raises(NotFound):
        await registry.has_manifest(IMAGE, untagged)


async def test_a_token_to_pull_is_not_used_to_delete(
    registry: RegistryClient, sandbox: Sandbox, untagged: str
) -> None:
    await registry.has_manifest(IMAGE, untagged)
    await registry.delete_manifest(IMAGE, untagged)
    tokens = [request.query for request in sandbox.requests if request.path == "/token"]
    assert ["push" in each for each in tokens] == [False, True]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502},
        {"status": 503},
        {"drop": True},
        {"status": 200, "body": "{}"},
        {"status": 200, "body": "<html>", "content_type": "text/html"},
    ],
)
async def test_a_deletion_is_never_repeated(
    registry: RegistryClient, sandbox: Sandbox, untagged: str, fault: dict[str, object]
) -> None:
    sandbox.faults.add(method="DELETE", **fault)
    with pytest.raises(HubError) as caught:
        await registry.delete_manifest(IMAGE, untagged)
    assert caught.value.may_be_done
    assert list_deletions(sandbox) == [untagged]


async def test_a_rejected_token_is_renewed_once(
    registry: RegistryClient, sandbox: Sandbox, untagged: str
) -> None:
    challenge = 'Bearer realm="http://localhost/token",service="registry.docker.io",error="invalid_token"'
    sandbox.faults.add(
        method="DELETE",
        status=401,
        times=1,
        headers={"WWW-Authenticate": challenge},
        body='{"errors":[{"code":"UNAUTHORIZED"}]}',
    )
    await registry.delete_manifest(IMAGE, untagged)
    assert list_deletions(sandbox) == [untagged, untagged]
    assert not await registry.has_manifest(IMAGE, untagged)


async def test_a_token_service_that_fails_leaves_nothing_in_doubt(
    registry: RegistryClient, sandbox: Sandbox, untagged: str
) -> None:
    sandbox.faults.add(match="/token", status=503)
    with pytest.raises(HubError) as caught:
        await registry.delete_manifest(IMAGE, untagged)
    assert not caught.value.may_be_done
    assert list_deletions(sandbox) == []
