"""A store that hangs, ends, restarts, refuses, or is none: commands, listeners, the log and what they reveal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import pytest

from dockerhub_mcp.shared.errors import StoreUnavailable
from dockerhub_mcp.shared.redis_state import RedisState
from tests.support.channel_listeners import RecordingListener, listening
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.tls_files import write_certificate

PASSWORD = "a password/with:marks"
PATIENT = 30.0  # seconds; a busy machine must not fail commands of a server that works
LONG = 60.0


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@asynccontextmanager
async def open_state(
    url: str, *, patience: float = PATIENT, clock: Callable[[], float] | None = None
) -> AsyncIterator[RedisState]:
    """Yield a state, and close it afterwards."""
    state = RedisState(url, timeout=patience, clock=clock or Clock())
    try:
        yield state
    finally:
        await state.aclose()


async def find_reason(state: RedisState) -> str:
    """Return why the state refuses a command."""
    with pytest.raises(StoreUnavailable) as caught:
        await state.write("kind:a", b"1", seconds=LONG)
    assert caught.value.__context__ is None
    return caught.value.reason


async def test_a_store_that_hangs(redis_server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """Commands fail after their time, then at once; a trial after some seconds finds that it works again."""
    caplog.set_level("INFO")
    clock = Clock()
    async with open_state(redis_server.url, patience=0.25, clock=clock) as state:
        async with asyncio.timeout(PATIENT):
            while not await _write(state):  # a busy machine may need longer for the connection
                clock.now += 5
        caplog.clear()
        redis_server.pause()
        assert await find_reason(state) == "timed out"
        redis_server.resume()
        assert await find_reason(state) == "timed out"  # not sent
        clock.now += 4.9
        assert await find_reason(state) == "timed out"
        async with asyncio.timeout(PATIENT):
            while not await _write(state):
                clock.now += 5
    assert caplog.messages == [
        "the shared store is unavailable: timed out",
        "the shared store is available again",
    ]


async def test_a_change_is_published_although_the_store_was_unavailable(redis_server: RedisServer) -> None:
    """Listeners may have connections that work, so a message does not wait for the next trial."""
    async with (
        open_state(redis_server.url) as heard,
        listening(heard) as listener,
        open_state(redis_server.url, patience=5) as state,
    ):
        await state.check()
        redis_server.pause()
        assert await find_reason(state) == "timed out"
        redis_server.resume()
        assert await find_reason(state) == "timed out"  # not sent
        await state.publish("changes")
        await listener.wait_for("message")
        assert state.is_available


async def _write(state: RedisState) -> bool:
    try:
        await state.write("kind:a", b"1", seconds=LONG)
    except StoreUnavailable:
        return False
    return True


async def _wait_until(state: RedisState, *, available: bool) -> None:
    async with asyncio.timeout(PATIENT):
        while state.is_available is not available:
            await asyncio.sleep(0.05)


async def test_many_commands_of_a_store_that_hangs(redis_server: RedisServer) -> None:
    """More commands than connections fail, none of them for ever, and all connections can be used again."""
    clock = Clock()
    async with open_state(redis_server.url, patience=0.25, clock=clock) as state:
        await _write(state)
        redis_server.pause()
        results = await asyncio.gather(
            *(state.read(f"kind:{number}") for number in range(100)), return_exceptions=True
        )
        assert {type(result) for result in results} == {StoreUnavailable}
        redis_server.resume()
        async with asyncio.timeout(PATIENT):
            while not await _write(state):
                clock.now += 5
            # All at the same time need every connection, none of which may be lost or hold an old answer.
            state._timeout = PATIENT
            keys = [f"kind:{number}" for number in range(50)]
            await asyncio.gather(*(state.write(key, key.encode(), seconds=LONG) for key in keys))
            entries = await asyncio.gather(*map(state.read, keys))
    assert [entry and entry.value.decode() for entry in entries] == keys


async def test_a_store_that_ends_and_restarts(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Commands fail with the reason; the first trial after the restart succeeds."""
    caplog.set_level("INFO")
    clock = Clock()
    async with open_state(redis_server.url, clock=clock) as state:
        await state.write("kind:a", b"1", seconds=LONG)
        redis_server.kill()
        assert await find_reason(state) in {"connection refused", "connection closed"}
        clock.now += 5
        assert await find_reason(state) == "connection refused"
        redis_server.start()
        clock.now += 5
        assert await state.read("kind:a") is None
        assert state.is_available
    outage, recovery = caplog.messages
    assert outage.startswith("the shared store is unavailable: connection ")
    assert recovery == "the shared store is available again"


async def test_a_restart_between_two_commands(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Connections that the server closed are replaced without a failure, and scripts need no loading."""
    async with open_state(redis_server.url) as state:
        keys = [f"kind:{number}" for number in range(10)]
        await asyncio.gather(*map(state.read, keys))
        redis_server.restart()
        assert await asyncio.gather(*map(state.read, keys)) == [None] * 10
    assert caplog.messages == []


async def test_a_store_that_was_replaced(shared_redis: RedisServer) -> None:
    """The first trial uses a new connection: the old ones may stay silent for ever, as after a lost machine."""
    writers: list[asyncio.StreamWriter] = []
    is_lost = False

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_old = not is_lost
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", shared_redis.port)
        writers.extend([writer, there_writer])

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                if not (is_old and is_lost):
                    target.write(data)

        await asyncio.gather(copy(reader, there_writer), copy(there_reader, writer))

    clock = Clock()
    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_state(f"redis://127.0.0.1:{port}", patience=0.25, clock=clock) as state:
            state._timeout = PATIENT
            await asyncio.gather(*(state.read("kind:a") for _ in range(10)))
            is_lost = True
            state._timeout = 0.25
            assert await find_reason(state) == "timed out"
            clock.now += 5
            state._timeout = PATIENT
            await state.write("kind:a", b"1", seconds=LONG)
        for writer in writers:
            writer.close()


async def test_cancelled_commands(redis_server: RedisServer) -> None:
    """A cancelled command leaves no answer behind for the next one, and takes no connection along."""
    async with open_state(redis_server.url) as state:
        await state.write("kind:a", b"a", seconds=LONG)
        for _ in range(3):
            redis_server.pause()
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(partial(state.claim, "kind:a", b"b", seconds=LONG))
                await asyncio.sleep(0)
                group.cancel_scope.cancel()
            redis_server.resume()
            entries = await asyncio.gather(*(state.read("kind:a") for _ in range(40)))
            assert {entry and entry.value for entry in entries} == {b"a"}
    assert state.is_available


async def test_a_listener_notices_a_store_that_hangs(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """It reports the loss, although the connection stays open, and later that messages arrive again.

    Commands are tried at once when it has subscribed again, before the circuit would admit one.
    """
    caplog.set_level("INFO")
    async with open_state(redis_server.url, patience=1.0) as state, listening(state) as listener:
        redis_server.pause()
        await listener.wait_for("lost")
        await _wait_until(state, available=False)  # the listener tries it, without a command of a caller
        redis_server.resume()
        await listener.wait_for("subscribed", 2)
        await _wait_until(state, available=True)
        await state.publish("changes")
        await listener.wait_for("message")
    assert listener.calls[:3] == ["subscribed", "lost", "subscribed"]
    assert set(caplog.messages) == {
        "the shared store is unavailable: timed out",
        "the shared store is available again",
    }


async def test_a_listener_hears_again_after_a_restart(redis_server: RedisServer) -> None:
    """The loss and the new subscription are reported, so that what was missed can be dropped."""
    async with open_state(redis_server.url) as state, listening(state) as listener:
        redis_server.kill()
        await listener.wait_for("lost")
        redis_server.start()
        await listener.wait_for("subscribed", 2)
        redis_server.execute("PUBLISH", "dockerhub-mcp:changes", "")
        await listener.wait_for("message")
    assert listener.calls == ["subscribed", "lost", "subscribed", "message"]


async def test_a_listener_starts_before_the_store(redis_server: RedisServer) -> None:
    """Nothing is lost before the first subscription."""
    redis_server.kill()
    async with open_state(redis_server.url) as state:
        start = asyncio.get_running_loop().run_in_executor(None, redis_server.start)
        async with listening(state) as listener:
            await start
            assert listener.calls == ["subscribed"]


async def test_a_listener_without_permission(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Commands go on, and one line says that messages cannot be heard, until they can."""
    redis_server.execute("ACL", "SETUSER", "default", "resetchannels")
    async with open_state(redis_server.url) as state:
        listener = RecordingListener()
        task = asyncio.create_task(state.listen("changes", listener))
        async with asyncio.timeout(PATIENT):
            while not caplog.messages:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)  # for further attempts
        assert state.is_available
        assert caplog.messages == [
            "results are not cached, as changes at other replicas are missed: its account lacks a permission"
        ]
        assert listener.calls == []
        redis_server.execute("ACL", "SETUSER", "default", "allchannels")
        await listener.wait_for("subscribed")
        await state.publish("changes")
        await listener.wait_for("message")
        task.cancel()


async def test_a_store_that_recovers_after_an_attempt_to_subscribe(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Two lines tell of an outage; none says after its end that messages cannot be heard."""
    caplog.set_level("INFO")
    clock = Clock()

    class RecoveringState(RedisState):
        async def check(self) -> None:
            """Check a store that has recovered since the last command."""
            redis_server.resume()
            clock.now += 60
            await super().check()

    redis_server.pause()
    state = RecoveringState(redis_server.url, timeout=0.25, clock=clock)
    try:
        assert await find_reason(state) == "timed out"
        async with listening(state) as listener:
            assert listener.calls == ["subscribed"]
    finally:
        redis_server.resume()
        await state.aclose()
    assert caplog.messages == [
        "the shared store is unavailable: timed out",
        "the shared store is available again",
    ]


@pytest.mark.parametrize("over_tcp", [True, False])
async def test_passwords(*, over_tcp: bool, caplog: pytest.LogCaptureFixture) -> None:
    """The right password is accepted, escaped as in a URL; another one or none is refused."""
    with run_redis(password=PASSWORD) as server:
        url = server.url if over_tcp else server.socket_url
        async with open_state(url) as state:
            await state.write("kind:a", b"1", seconds=LONG)
        account, _, address = url.partition("@")
        async with open_state(f"{account}x@{address}") as state:
            assert await find_reason(state) == "wrong or missing password"
        async with open_state(f"{account.partition(':')[0]}://{address}") as state:
            assert await find_reason(state) == "wrong or missing password"
    _assert_reveals_nothing(caplog.text, server)


def _assert_reveals_nothing(text: str, server: RedisServer) -> None:
    assert "password" in text
    assert "with:marks" not in text
    assert "marks" not in text
    assert str(server.port) not in text
    assert "localhost" not in text


async def test_a_read_only_replica(redis_server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """A store that can only be read is unavailable as a whole, and logged once, although reads would succeed."""
    caplog.set_level("INFO")
    redis_server.execute("REPLICAOF", "127.0.0.1", "1")
    redis_server.execute("CONFIG", "SET", "replica-serve-stale-data", "yes")
    clock = Clock()
    async with open_state(redis_server.url, clock=clock) as state:
        for _ in range(3):
            assert await find_reason(state) == "it is a read-only replica"
            with pytest.raises(StoreUnavailable):
                await state.add_to_window("tries:a", "1", limit=1, seconds=LONG)
            clock.now += 5
            with pytest.raises(StoreUnavailable):
                await state.read("kind:a")
        redis_server.execute("REPLICAOF", "NO", "ONE")
        clock.now += 5
        assert await state.add_to_window("tries:a", "1", limit=1, seconds=LONG) == 0.0
    assert caplog.messages == [
        "the shared store is unavailable: it is a read-only replica",
        "the shared store is available again",
    ]


async def test_a_store_without_memory(redis_server: RedisServer) -> None:
    """A store that accepts no more values is unavailable, with the reason, in scripts too."""
    redis_server.execute("CONFIG", "SET", "maxmemory", "1")
    clock = Clock()
    async with open_state(redis_server.url, clock=clock) as state:
        assert await find_reason(state) == "out of memory"
    async with open_state(redis_server.url) as state:
        with pytest.raises(StoreUnavailable, match="out of memory"):
            await state.append("plan-progress:a", b"1", seconds=LONG)
        redis_server.execute("CONFIG", "SET", "maxmemory", "0")


async def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate is verified against the URL's file or SSL_CERT_FILE, its host included."""
    cert_file, _ = write_certificate(tmp_path)
    with run_redis(certificate=(cert_file, tmp_path / "localhost.key"), password=PASSWORD) as server:
        async with open_state(f"{server.url}?ssl_ca_certs={cert_file}") as state:
            await state.write("kind:a", b"1", seconds=LONG)
            async with listening(state) as listener:
                await state.publish("changes")
                await listener.wait_for("message")
        async with open_state(server.url) as state:
            assert await find_reason(state) == "TLS failure: its certificate is not trusted"
        async with open_state(server.url.replace("rediss:", "redis:")) as state:
            assert await find_reason(state) == "connection closed"
        monkeypatch.setenv("SSL_CERT_FILE", str(cert_file))
        async with open_state(server.url) as state:
            await state.write("kind:a", b"1", seconds=LONG)


@pytest.mark.parametrize(
    ("host", "days", "reason"),
    [
        ("store.example", 2, "its certificate is for another host name"),
        ("localhost", -1, "its certificate has expired"),
    ],
)
async def test_certificates_that_do_not_fit(tmp_path: Path, host: str, days: int, reason: str) -> None:
    """A certificate of another host or of the past is refused by that reason."""
    cert_file, _ = write_certificate(tmp_path, host, days=days)
    with run_redis(certificate=(cert_file, tmp_path / f"{host}.key")) as server:
        async with open_state(f"{server.url}?ssl_ca_certs={cert_file}") as state:
            assert await find_reason(state) == f"TLS failure: {reason}"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://localhost:1", "connection refused"),
        ("redis://127.0.0.1:1", "connection refused"),
        ("unix:///nowhere/redis.sock", "its socket or the file of its certificates does not exist"),
        ("redis://store.invalid", "its host name cannot be resolved"),
    ],
)
async def test_addresses_without_a_store(url: str, reason: str) -> None:
    """The reason says which part of the address is wrong."""
    async with open_state(url) as state:
        assert await find_reason(state) == reason


async def test_a_busy_process_does_not_mistake_itself_for_an_outage(shared_redis: RedisServer) -> None:
    """An answer that arrived while this process was busy for longer than the limit counts."""
    async with open_state(shared_redis.url, patience=0.25) as state:
        await state.check()
        for _ in range(2):
            await asyncio.sleep(0.3)  # lets the events of the pause before be handled
            command = asyncio.create_task(state.write("kind:a", b"1", seconds=LONG))
            for _ in range(10):
                await asyncio.sleep(0)
            time.sleep(0.7)  # noqa: ASYNC251 - blocks the event loop
            await command
    assert state.is_available


async def test_closing_waits_for_commands_that_were_given_up(redis_server: RedisServer) -> None:
    """No task and no connection is left behind."""
    async with open_state(redis_server.url, patience=0.05) as state:
        redis_server.pause()
        assert await find_reason(state) == "timed out"
    assert len(asyncio.all_tasks()) == 1
