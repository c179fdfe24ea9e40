"""The registry over a socket, read by a container tool that others wrote."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox, serve_async
from tests.support.sandbox_registry import digest_of

SKOPEO = shutil.which("skopeo") or ""

pytestmark = pytest.mark.skipif(not SKOPEO, reason="skopeo is not installed")


@pytest.fixture
async def host(sandbox: Sandbox) -> AsyncIterator[str]:
    """Return the host and port of a served sandbox."""
    urls: asyncio.Queue[str] = asyncio.Queue()
    serving = asyncio.create_task(serve_async(sandbox, port=0, on_ready=urls.put_nowait))
    yield (await asyncio.wait_for(urls.get(), 5)).removeprefix("http://")
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def run_skopeo(command: str, *arguments: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        SKOPEO,
        command,
        "--tls-verify=false",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    return output


async def inspect(reference: str, *arguments: str) -> Any:
    return json.loads(await run_skopeo("inspect", *arguments, f"docker://{reference}"))


async def test_the_manifest_of_a_tag(host: str) -> None:
    raw = await run_skopeo("inspect", "--raw", "--no-creds", f"docker://{host}/library/redis:8.2")
    assert json.loads(raw)["mediaType"] == "application/vnd.oci.image.index.v1+json"
    found = await inspect(f"{host}/library/redis:8.2", "--no-creds", "--no-tags")
    assert found["Digest"] == digest_of(raw)


async def test_the_configuration_of_an_image(host: str) -> None:
    config = await inspect(f"{host}/library/redis:8.2", "--config", "--no-creds", "--override-arch=arm64")
    assert (config["architecture"], config["config"]["Cmd"]) == ("arm64", ["redis-server"])


async def test_a_private_image_with_credentials(host: str) -> None:
    found = await inspect(f"{host}/acme/storefront:latest", "--creds=linus:sandbox-password-linus")
    assert "latest" in found["RepoTags"]


async def test_the_tags_of_a_repository(host: str, sandbox: Sandbox) -> None:
    listed = json.loads(await run_skopeo("list-tags", "--no-creds", f"docker://{host}/library/redis"))
    assert len(listed["Tags"]) == len(sandbox.state.get_repository("library", "redis").tags)
