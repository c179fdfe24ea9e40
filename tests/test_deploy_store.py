"""Test the store of the compose file: a real server takes its arguments, and allows what replicas need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.channel_listeners import listening
from tests.support.compose_files import SCALED, read_compose_file, write_secrets
from tests.support.redis_servers import RedisServer, run_redis


@contextmanager
def run_store(folder: Path) -> Iterator[tuple[RedisServer, str]]:
    """Run a server as the compose file does, with its secrets, and yield it with the URL for replicas."""
    write_secrets(folder)
    url = urlsplit((folder / "store-url").read_text("utf-8"))
    service = read_compose_file(SCALED)["services"]["valkey"]
    options = [text.replace("/run/secrets", str(folder)) for text in service["command"]]
    assert (url.hostname, url.port) == ("valkey", 6379)
    with run_redis(password=str(url.password), options=tuple(options)) as server:
        yield server, url._replace(netloc=f":{url.password}@127.0.0.1:{server.port}").geturl()


async def test_the_store_allows_replicas_all_that_they_do(tmp_path: Path) -> None:
    with run_store(tmp_path) as (_, url):
        state = RedisState(url)
        try:
            async with listening(state) as listener:
                await state.publish("changes")
                await listener.wait_for("message")
            await state.check()
            assert await state.fetch_version()
            assert await state.claim("turn:1", b"a", seconds=5)
            assert await state.extend("turn:1", b"a", seconds=5)
            assert await state.delete("turn:1", value=b"a")
            await state.write("bearer:1", b"sealed", seconds=5)
            assert (await state.read("bearer:1") or [b""])[0] == b"sealed"
            assert await state.delete("bearer:1")
            assert await state.add_to_window("tries:1", "a", limit=1, seconds=5) == 0
            assert await state.measure_window("tries:1", limit=1, seconds=5) > 0
            await state.remove_from_window("tries:1", "a")
            await state.append("plan-progress:1", b"line", seconds=5)
            assert await state.read_list("plan-progress:1") == [b"line"]
        finally:
            await state.aclose()


def test_the_store_allows_nothing_else(tmp_path: Path) -> None:
    with run_store(tmp_path) as (server, url):
        with redis.Redis.from_url(url) as client:
            for command in ("FLUSHALL", "CONFIG GET dir", "SAVE", "KEYS *", "ACL LIST"):
                with pytest.raises(redis.exceptions.NoPermissionError):
                    client.execute_command(*command.split())
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.set("of-another-program", "1")
        with (
            redis.Redis(port=server.port) as anonymous,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            anonymous.ping()


def test_a_full_store_refuses_writes_instead_of_forgetting_confirmations(tmp_path: Path) -> None:
    with run_store(tmp_path) as (_, url), redis.Redis.from_url(url) as client:

        def fill() -> None:
            for number in range(200):
                client.set(f"dockerhub-mcp:plan:{number}", "x" * 2**20, ex=660)

        client.set("dockerhub-mcp:once:1", "1", ex=660)
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            fill()
        assert client.get("dockerhub-mcp:once:1") == b"1"


def test_the_store_writes_nothing_to_disk(tmp_path: Path) -> None:
    service = read_compose_file(SCALED)["services"]["valkey"]
    options = dict(zip(service["command"][::2], service["command"][1::2], strict=True))
    assert (options["--save"], options["--appendonly"]) == ("", "no")
    assert options["--maxmemory-policy"] == "noeviction"
    with run_store(tmp_path) as (server, url):
        with redis.Redis.from_url(url) as client:
            client.set("dockerhub-mcp:once:1", "1", ex=660)
        server.restart()
        with redis.Redis.from_url(url) as client:
            assert client.get("dockerhub-mcp:once:1") is None
