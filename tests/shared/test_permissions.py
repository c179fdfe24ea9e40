"""An account of the store that may do no more than the server needs."""

from __future__ import annotations

import pytest
import redis

from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.channel_listeners import listening
from tests.support.redis_servers import RedisServer

PASSWORD = "pass-word-of-the-store"
RULES = (
    "resetchannels ~dockerhub-mcp:* &dockerhub-mcp:* +@connection +eval +time +set +get +del +pttl +pexpire "
    "+rpush +lrange +zadd +zrem +zcount +zrangebyscore +zremrangebyscore +publish +subscribe +info"
)
"""The rules of the account for `ACL SETUSER`, besides its password."""


async def test_the_permissions_that_are_needed(redis_server: RedisServer) -> None:
    """Every operation works with them, and no key of other programs can be read."""
    redis_server.execute("ACL", "SETUSER", "mcp", "on", f">{PASSWORD}", *RULES.split())
    url = redis_server.url.replace("://", f"://mcp:{PASSWORD}@")
    state = RedisState(url, timeout=30)
    await state.check()
    await state.write("bearer:a", b"1", seconds=60)
    assert await state.read("bearer:a") is not None
    assert await state.claim("turn:a", b"1", seconds=60)
    assert await state.read_generation()
    assert await state.extend("turn:a", b"1", seconds=60)
    assert await state.delete("turn:a", value=b"1")
    assert await state.delete("bearer:a")
    assert await state.add_to_window("tries:a", "1", limit=1, seconds=60) == 0.0
    assert await state.add_to_window("tries:a", "1", limit=1, seconds=60) > 0
    assert await state.measure_window("tries:a", limit=1, seconds=60) > 0
    await state.remove_from_window("tries:a", "1")
    await state.append("plan-progress:a", b"1", seconds=60)
    assert await state.read_list("plan-progress:a") == [b"1"]
    async with listening(state) as listener:
        await state.publish("changes")
        await listener.wait_for("message")
    assert (await state.fetch_version()).startswith(("Redis", "Valkey"))
    await state.aclose()
    with redis.Redis.from_url(url) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.get("other")
