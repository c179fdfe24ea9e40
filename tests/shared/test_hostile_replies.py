"""A store, or what claims to be one, whose replies are wrong, repeated or cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.redis_state import RedisState
from dockerhub_mcp.shared.state import SharedState
from tests.support.fixture_types import Clock
from tests.support.store_proxy import PATIENT, StoreProxy, restore, send

LONG = 60.0
OPERATIONS: dict[str, Callable[[SharedState], Awaitable[object]]] = {
    "read": lambda state: state.read("kind:a"),
    "write": lambda state: state.write("kind:a", b"1", seconds=LONG),
    "claim": lambda state: state.claim("kind:a", b"1", seconds=LONG),
    "extend": lambda state: state.extend("kind:a", b"1", seconds=LONG),
    "delete": lambda state: state.delete("kind:a"),
    "delete of a value": lambda state: state.delete("kind:a", value=b"1"),
    "add to a window": lambda state: state.add_to_window("window:a", "1", limit=1, seconds=LONG),
    "remove from a window": lambda state: state.remove_from_window("window:a", "1"),
    "measure a window": lambda state: state.measure_window("window:a", limit=1, seconds=LONG),
    "append": lambda state: state.append("list:a", b"1", position=0, seconds=LONG),
    "read a list": lambda state: state.read_list("list:a"),
    "read the generation": lambda state: state.read_generation(),
    "publish": lambda state: state.publish("changes"),
    "check": lambda state: state.check(),
}


WRONG_REPLIES = (
    b"*-1\r\n",
    b"+QUEUED\r\n",
    b":7\r\n",
    b"*1\r\n:1\r\n",
    b"*2\r\n:1\r\n$1\r\na\r\n",
    b"*3\r\n$1\r\na\r\n:1\r\n:2\r\n",
    b"$4\r\n\xff\xfe\x00\x01\r\n",
    b"!broken\r\n",
    b"$-7\r\n",
    b"*1\r\n" * 5_000,
    b":" + b"9" * 5_000 + b"\r\n",
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x00" * 70_000 + b"\r\n",
    None,
)
MEANINGFUL = {
    (b":7\r\n", "remove from a window"),
    (b":7\r\n", "publish"),
    (b":7\r\n", "add to a window"),
    (b":7\r\n", "measure a window"),
    (b"*-1\r\n", "claim"),
    (b"*-1\r\n", "add to a window"),
    (b"*-1\r\n", "measure a window"),
}
"""Wrong replies that look like those of the command."""


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_no_wrong_reply_counts_as_success(
    proxy: StoreProxy, state: RedisState, clock: Clock, operation: str
) -> None:
    """Whatever is sent, callers meet one error only, and the state works again afterwards."""
    for reply in WRONG_REPLIES:
        send(proxy, reply)
        if (reply, operation) in MEANINGFUL:
            await OPERATIONS[operation](state)
        else:
            with pytest.raises(StoreUnavailable):
                await OPERATIONS[operation](state)
        await restore(proxy, state, clock)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"-MOVED 3999 10.0.0.1:6381\r\n", "it is a cluster; one primary server is needed"),
        (b"-CLUSTERDOWN Hash slot not served\r\n", "it is a cluster; one primary server is needed"),
        (b"-READONLY You can't write against a read only replica.\r\n", "it is a read-only replica"),
        (b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", "out of memory"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "it is loading its data"),
        (b"-NOAUTH Authentication required.\r\n", "wrong or missing password"),
        (b"-BUSY Redis is busy running a script.\r\n", "a script keeps it busy"),
        (b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n", "it answered with an error"),
        (b"-NOREPLICAS Not enough good replicas to write.\r\n", "it has too few replicas, and"),
        (b"-MASTERDOWN Link with MASTER is down\r\n", "it is a replica without its primary server"),
        (b"-DENIED Redis is running in protected mode\r\n", "it accepts clients of its own machine"),
        (b"-ERR max number of clients reached\r\n", "it has too many clients"),
        (b"-ERR unknown command 'EVAL', with args\r\n", "it lacks a command that is needed"),
        (b"-ERR ACL failure in script: User x has no permissions\r\n", "its account lacks a permission"),
        (b"-WRONGTYPE 10.0.0.1\r\n", "it answered with an error"),
        (b"HTTP/1.1 400 Bad Request\r\n", "its reply was not that of a Valkey or Redis server"),
        (b":7\r\n", "its reply was not that of a Valkey or Redis server"),
        (None, "connection closed"),
        (b"$100\r\nabc", "timed out"),
        (b"$99999999999\r\nabc", "timed out"),
        (b"", "timed out"),
    ],
)
async def test_errors_and_reasons(
    proxy: StoreProxy, clock: Clock, caplog: pytest.LogCaptureFixture, reply: bytes, reason: str
) -> None:
    """Each has its reason, in one line of the log, without any text of the server."""
    caplog.set_level("INFO")
    state = RedisState(f"redis://127.0.0.1:{proxy.port}", timeout=PATIENT, clock=clock)
    await state.check()
    send(proxy, reply)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=f"is unavailable: {reason}"):
            await state.read("kind:a")
    await restore(proxy, state, clock)
    await state.aclose()
    outage, recovery = caplog.messages
    assert outage.startswith(f"the shared store is unavailable: {reason}")
    assert recovery == "the shared store is available again"
    assert "10.0.0.1" not in caplog.text


async def test_a_reply_in_small_pieces(proxy: StoreProxy, state: RedisState) -> None:
    value = bytes(range(256)) * 4

    async def slice_up(reply: bytes) -> bytes:
        await asyncio.sleep(0.01)
        return reply

    proxy.change = slice_up
    await state.write("kind:a", value, seconds=LONG)
    entry = await state.read("kind:a")
    assert entry is not None
    assert entry.value == value


async def test_repeated_replies_are_not_taken_for_those_of_later_commands(
    proxy: StoreProxy, state: RedisState, clock: Clock
) -> None:
    """A connection with a reply too many is not used again."""

    async def repeat(reply: bytes) -> bytes:
        return reply + reply

    await state.write("kind:a", b"a", seconds=LONG)
    await state.write("kind:b", b"b", seconds=LONG)
    proxy.change = repeat
    for key in ("a", "b") * 5:
        clock.time += 5
        with suppress(StoreUnavailable):
            entry = await state.read(f"kind:{key}")
            assert entry is not None
            assert entry.value == key.encode()
    await restore(proxy, state, clock)
