"""A real Redis or Valkey server, which tests pause, kill and restart.

Tests that use it are skipped where there is no `redis-server` or `valkey-server`. DOCKERHUB_MCP_REDIS names
another program.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis

REDIS_SERVER = (
    os.environ.get("DOCKERHUB_MCP_REDIS")
    or shutil.which("redis-server")
    or shutil.which("valkey-server")
    or ""
)
_START = 30.0  # seconds; on a busy machine


class RedisServer:
    """A server on a TCP port of 127.0.0.1 and on a Unix socket.

    Attributes:
        port: The TCP port, the same after a restart.
        url: The address with the password, if there is one.
        socket_url: The same of the Unix socket.

    Args:
        folder: An empty directory with a short path, for its socket.
        password: The password that clients must send; by default none.
        certificate: The files of a certificate and its key, for a port that speaks TLS only.
        options: Further options of its command line.
    """

    def __init__(
        self,
        folder: Path,
        *,
        password: str = "",
        certificate: tuple[Path, Path] | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        self._socket = folder / "s"
        self._password = password
        self.port = _find_free_port()
        port_options = ["--port", str(self.port)]
        if certificate:
            cert_file, key_file = map(str, certificate)
            port_options = ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no"]
            port_options += ["--tls-cert-file", cert_file, "--tls-key-file", key_file]
            port_options += ["--tls-ca-cert-file", cert_file]
        password_options = ["--requirepass", password] if password else []
        self._command = [
            *(REDIS_SERVER, "--bind", "127.0.0.1", "--dir", str(folder), "--unixsocket", str(self._socket)),
            *("--save", "", "--appendonly", "no", *port_options, *password_options, *options),
        ]
        account = f":{quote(password, safe='')}@" if password else ""
        self.url = f"{'rediss' if certificate else 'redis'}://{account}localhost:{self.port}/0"
        self.socket_url = f"unix://{account}{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START
        while True:
            try:
                self.execute("PING")
            except redis.RedisError:
                assert self._process.poll() is None, f"{self._command} ended"
                assert time.monotonic() < deadline, "redis-server does not answer"
                time.sleep(0.01)
            else:
                return

    def pause(self) -> None:
        """Stop the process, so that it accepts connections and never answers."""
        self._send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue the paused process."""
        self._send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the process; clients find the port closed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Kill the process and start an empty server on the same port."""
        self.kill()
        self.start()

    def execute(self, *command: Any) -> Any:
        """Send a command on the Unix socket, and return the answer."""
        with redis.Redis(unix_socket_path=str(self._socket), password=self._password or None) as client:
            return client.execute_command(*command)

    def dump(self) -> bytes:
        """Return all keys with their content, as the server serializes them, to search for secrets."""
        return b"\n".join(key + b" " + self.execute("DUMP", key) for key in self.execute("KEYS", "*"))

    def _send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@contextmanager
def run_redis(
    *, password: str = "", certificate: tuple[Path, Path] | None = None, options: tuple[str, ...] = ()
) -> Iterator[RedisServer]:
    """Run a server during the block; skip the test where there is none."""
    if not REDIS_SERVER:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    if certificate and not _supports_tls():
        pytest.skip(f"{REDIS_SERVER} was built without TLS")
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:  # a socket's path has 107 bytes at most
        server = RedisServer(Path(folder), password=password, certificate=certificate, options=options)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@cache
def _supports_tls() -> bool:
    """Return whether the server was built with TLS; without a certificate it ends at once in any case."""
    command = [REDIS_SERVER, "--port", "0", "--tls-port", "1"]
    done = subprocess.run(command, capture_output=True, check=False)
    return not any(text in done.stdout + done.stderr for text in (b"Bad directive", b"finding TLS support"))


def _find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
