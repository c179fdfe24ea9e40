"""The client and the sandbox's registry, which know nothing of one another, in process and over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.errors import NotFound, SignInError, UnexpectedAnswer
from dockerhub_mcp.hub.methods import GetTag
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.registry import (
    ImageIndex,
    ImageManifest,
    LegacyManifest,
    PullReserveReached,
    RegistryClient,
    RegistryServer,
)
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import QUICK

MakeClient = Callable[..., RegistryClient]


@pytest.fixture
def origin(request: pytest.FixtureRequest) -> str:
    """Return where the sandbox is served; tests choose by parameter."""
    return "http://localhost" if request.param == "in process" else request.getfixturevalue("sandbox_url")


@pytest.fixture
async def make_client(sandbox: Sandbox, origin: str) -> AsyncIterator[MakeClient]:
    """Return a factory of registry clients; the argument is the name of a sample identity."""
    transport = httpx.ASGITransport(app=sandbox.app) if origin == "http://localhost" else None
    pool = ConnectionPool(timeout=10, httpx_transport=transport)
    server = RegistryServer(pool, url=origin, timeout=10, retry_policy=QUICK, has_limit_preview=True)

    def make(identity: str = "", *, secret: str = "") -> RegistryClient:
        credentials = None
        if identity:
            account = sandbox.get_identity(identity)
            credentials = Credentials.from_strings(account.username, secret or account.secret)
        return RegistryClient.for_account(server, Hub(credentials, base_url=origin, pool=pool).account)

    yield make
    await pool.aclose()


pytestmark = pytest.mark.parametrize("origin", ["in process", "over a socket"], indirect=True)


async def test_an_image_is_read_down_to_its_statements(make_client: MakeClient) -> None:
    session = make_client().start_session()
    index = await session.get_manifest("library/redis", "latest")
    assert isinstance(index, ImageIndex)
    image = next(
        each for each in index.descriptors if each.platform and each.platform.matches("arm64", "linux")
    )
    manifest = await session.get_manifest("library/redis", image.digest)
    assert isinstance(manifest, ImageManifest)
    config = await session.get_config("library/redis", manifest)
    assert config.platform.platform.startswith("linux/arm64")
    assert len([entry for entry in config.history if not entry.is_empty_layer]) == len(manifest.layers)
    attestations = await session.list_attestations("library/redis", index, image.digest)
    assert "https://spdx.dev/Document" in attestations[0].predicate_types
    for _, descriptor in attestations[0].statements:
        statement = await session.get_statement("library/redis", descriptor)
        assert statement["subject"][0]["digest"]["sha256"] == image.digest.removeprefix("sha256:")
    assert session.pulls_used == 3
    assert session.pull_limit is not None
    assert session.pull_limit.limit - session.pull_limit.remaining == 3


async def test_both_sides_of_the_sandbox_agree(
    make_client: MakeClient, sandbox: Sandbox, origin: str
) -> None:
    transport = httpx.ASGITransport(app=sandbox.app) if origin == "http://localhost" else None
    session = make_client().start_session()
    async with Hub(base_url=origin, httpx_transport=transport) as hub:
        for repository, tag in (("redis", "8.2-alpine"), ("alpine", "latest")):
            shown = await hub.send(GetTag(repository=repository, tag=tag))
            head = await session.head_manifest(f"library/{repository}", tag)
            assert (head.digest, head.media_type) == (shown.digest, shown.media_type)
            index = await session.get_manifest(f"library/{repository}", tag)
            assert isinstance(index, ImageIndex)
            assert {each.digest for each in index.descriptors} >= {each.digest for each in shown.images or []}


async def test_every_repository_can_be_read(make_client: MakeClient, sandbox: Sandbox) -> None:
    client = make_client("owner")  # a member of an organization, which has no pull limit
    kinds: set[type] = set()
    for namespace, name in list(sandbox.state.repositories):
        if namespace == "library" and name not in {"redis", "busybox"}:
            continue  # many, and alike
        repository = f"{namespace}/{name}"
        session = client.start_session()
        try:
            names = await session.list_tags(repository)
        except NotFound:
            continue  # private, of another account
        for tag in names.names[: 9 if namespace == "quayside" else 1]:
            manifest = await session.get_manifest(repository, tag)
            kinds.add(type(manifest))
            if isinstance(manifest, ImageManifest) and "image" in manifest.config.media_type:
                await session.get_config(repository, manifest)
    assert kinds == {ImageIndex, ImageManifest, LegacyManifest}


async def test_tag_names_are_complete(make_client: MakeClient, sandbox: Sandbox) -> None:
    (namespace, name), repository = max(
        ((key, each) for key, each in sandbox.state.repositories.items() if not each.is_private),
        key=lambda item: len(item[1].tags),
    )
    found = await make_client("owner").start_session().list_tags(f"{namespace}/{name}")
    assert found.is_complete
    assert sorted(found.names) == sorted(tag.name for tag in repository.tags)
    assert len(found.names) > 1000


async def test_signatures_are_found(make_client: MakeClient) -> None:
    session = make_client().start_session()
    head = await session.head_manifest("quayside/gateway", "1.5.0")
    referrers = await session.list_referrers("quayside/gateway", head.digest)
    assert referrers.source == "tag"
    assert referrers.descriptors[0].artifact_type
    name = head.digest.replace(":", "-")
    assert referrers.cosign_tags == (f"{name}.sig", f"{name}.att")


async def test_a_private_repository_is_read_with_its_account_only(make_client: MakeClient) -> None:
    with pytest.raises(NotFound, match="not visible to an anonymous caller"):
        await make_client().start_session().list_tags("acme/billing-api")
    owner = make_client("owner").start_session()
    assert (await owner.list_tags("acme/billing-api")).names
    assert await owner.fetch_granted_actions("acme/billing-api") == frozenset({"pull"})


async def test_a_wrong_secret_is_reported(make_client: MakeClient) -> None:
    session = make_client("owner", secret="dckr_pat_not-the-secret-of-this-account").start_session()
    with pytest.raises(SignInError) as caught:
        await session.list_tags("library/redis")
    assert "not-the-secret" not in str(caught.value)


async def test_the_last_tenth_of_the_limit_is_left(make_client: MakeClient) -> None:
    session = make_client().start_session()
    limit = await session.fetch_pull_limit()
    assert limit is not None
    assert (limit.limit, limit.remaining, session.pulls_used) == (100, 100, 0)
    names = await session.list_tags("library/redis")

    async def get_all() -> None:
        for tag in names.names:
            await session.get_manifest("library/redis", tag)

    with pytest.raises(PullReserveReached, match="10 of 100 pulls in 6 hours are left"):
        await get_all()
    assert session.pulls_used == 90


async def test_a_member_of_an_organization_has_no_limit(make_client: MakeClient) -> None:
    assert await make_client("owner").start_session().fetch_pull_limit() is None


async def test_an_artifact_is_named(make_client: MakeClient, sandbox: Sandbox) -> None:
    session = make_client().start_session()
    charts = [key for key in sandbox.state.repositories if "chart" in key[1] and key[0] == "quayside"]
    repository = "/".join(charts[-1])
    tags = await session.list_tags(repository)
    manifest = await session.get_manifest(repository, tags.names[0])
    assert isinstance(manifest, ImageManifest)
    with pytest.raises(UnexpectedAnswer, match="a Helm chart"):
        await session.get_config(repository, manifest)
