"""The real nginx with the published configuration, and its log."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NGINX = os.environ.get("DOCKERHUB_MCP_NGINX") or shutil.which("nginx", path=f"{os.defpath}:/usr/sbin") or ""
CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NOBODY = 65_534
PATIENCE = 60.0  # seconds; a safety margin for a busy machine
_LOG = (
    'log_format test escape=json \'{"at":$msec,"took":$request_time,"status":$status,"method":"$request_method",'
    '"path":"$uri","replicas":"$upstream_addr","caller":"$http_authorization"}\';\n    access_log %s test;'
)
_REPLICA = re.compile(r"\bserver replica-(\d+):8000\b.*\n\s*")


def find_free_port() -> int:
    """Return a free port below the ephemeral range, so that no other program gets it meanwhile."""
    while True:
        port = random.randint(15_000, 32_000)  # noqa: S311
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)):
                return port


def accepts_connections(port: int) -> bool:
    """Return whether a program listens on a port of this machine."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, slots=True)
class Request:
    """A request from the log of nginx, with the addresses of the replicas that it tried."""

    began: float
    ended: float
    status: int
    method: str
    path: str
    tried: list[str]
    caller: str

    @property
    def replica(self) -> str:
        """The address of the replica that answered."""
        return self.tried[-1]


@dataclass(slots=True)
class Log:
    """The log of a running nginx, which has each request when it is over."""

    path: Path
    _requests: list[Request] = field(default_factory=list)
    _offset: int = 0

    def read(self) -> list[Request]:
        """Return all requests so far."""
        with self.path.open("rb") as file:
            file.seek(self._offset)
            complete, newline, _ = file.read().rpartition(b"\n")
        self._offset += len(complete) + len(newline)
        self._requests += map(_parse_line, complete.splitlines())
        return list(self._requests)


def _parse_line(text: bytes) -> Request:
    line = json.loads(text)
    began, tried = line["at"] - line["took"], line["replicas"].split(", ")
    return Request(began, line["at"], line["status"], line["method"], line["path"], tried, line["caller"])


@contextmanager
def run_nginx(addresses: Sequence[str]) -> Iterator[tuple[str, Log]]:
    """Run nginx with the project's configuration in front of replicas, as an unprivileged user.

    Addresses and paths are replaced, replicas beyond the given ones are left out, and one that failed is tried
    again after a second instead of ten.

    Yields:
        The URL of nginx, and its log.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), find_free_port()
        text = CONFIGURATION.read_text("utf-8")
        for ours, here in {
            " /tmp/": f" {folder}/",
            "listen 8080;": f"listen 127.0.0.1:{port};",
            "fail_timeout=10s": "fail_timeout=1s",
            "access_log /dev/stdout;": _LOG % (folder / "access.log"),
            **{f"server replica-{number}:8000": f"server {each}" for number, each in enumerate(addresses, 1)},
        }.items():
            assert ours in text, ours
            text = text.replace(ours, here)
        (folder / "nginx.conf").write_text(_REPLICA.sub("", text), "utf-8")
        credentials: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            credentials = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        command = [NGINX, "-e", "stderr", "-p", name, "-c", f"{name}/nginx.conf", "-g", "daemon off;"]
        with (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors, **credentials)
        try:
            end = time.monotonic() + PATIENCE
            while not accepts_connections(port):
                assert process.poll() is None, (folder / "errors").read_text("utf-8")
                assert time.monotonic() < end
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}", Log(folder / "access.log")
        finally:
            process.terminate()
            process.wait(PATIENCE)
