import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from subprocess import PIPE, Popen

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox, serve, serve_async

LIST = "/v2/namespaces/library/repositories"


@pytest.fixture
async def served(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    urls: asyncio.Queue[str] = asyncio.Queue()
    serving = asyncio.create_task(serve_async(sandbox, port=0, on_ready=urls.put_nowait))
    url = await asyncio.wait_for(urls.get(), 5)
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def test_the_served_sandbox_responds_like_the_application(served: httpx.AsyncClient) -> None:
    body = {"identifier": "ada", "secret": "sandbox-password-ada"}
    token = (await served.post("/v2/auth/token", json=body)).json()["access_token"]
    response = await served.get(LIST, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    assert response.json()["next"] == f"{str(served.base_url).rstrip('/')}{LIST}?page=2&page_size=10"
    assert (await served.head(f"{LIST}/redis")).content == b""


async def test_a_dropped_connection_ends_without_a_response(
    served: httpx.AsyncClient, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.faults.add(drop=True, times=2)
    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            await served.get(LIST)
    assert (await served.get(LIST)).status_code == 200
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


async def test_a_client_may_time_out(served: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.faults.add(latency=0.2, times=1)
    with pytest.raises(httpx.ReadTimeout):
        await served.get(LIST, timeout=0.05)
    assert (await served.get(LIST)).status_code == 200


async def test_a_rewritten_response_has_the_right_length(served: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.faults.add(truncate=True)
    response = await served.get(LIST)
    assert len(response.content) == int(response.headers["content-length"])


REMOTE_HOSTS = ["0.0.0.0", "192.0.2.1", "example.com", "::"]  # noqa: S104 - never bound


async def test_addresses_that_other_machines_reach_are_rejected(sandbox: Sandbox) -> None:
    for host in REMOTE_HOSTS:
        with pytest.raises(ValueError, match="not a loopback address"):
            await serve_async(sandbox, host=host, port=0)


async def test_a_port_in_use_is_an_error(sandbox: Sandbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            await serve_async(sandbox, port=taken.getsockname()[1])


class ReadyError(Exception):
    pass


@pytest.mark.parametrize(
    ("host", "allow_remote", "shown"),
    [("127.0.0.1", False, "127.0.0.1"), ("localhost", False, "localhost"), ("0.0.0.0", True, "0.0.0.0")],  # noqa: S104
)
def test_the_actual_url_is_reported(sandbox: Sandbox, host: str, allow_remote: bool, shown: str) -> None:
    reported: list[str] = []

    def ready(url: str) -> None:
        reported.append(url)
        raise ReadyError

    with pytest.raises(ReadyError):
        serve(sandbox, host=host, port=0, on_ready=ready, allow_remote=allow_remote)
    assert re.fullmatch(rf"http://{re.escape(shown)}:[1-9]\d+", reported[0])


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send on Windows")
def test_it_stops_when_interrupted_and_writes_nothing_to_stdout() -> None:
    code = (
        "import signal, sys; from dockerhub_mcp.sandbox import Sandbox, serve\n"
        # A shell starts background jobs with SIGINT ignored, and child processes inherit that.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try: serve(Sandbox(), port=0, on_ready=lambda url: print(url, file=sys.stderr, flush=True))\n"
        "except KeyboardInterrupt: print('interrupted', file=sys.stderr)\n"
    )
    with Popen([sys.executable, "-c", code], stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stderr is not None
        url = process.stderr.readline().strip()
        assert httpx.get(url + LIST, trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "interrupted\n")
