"""Test the listening sockets, TLS, trusted proxies, and their error messages."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.server.http.runtime.run import AppFactory, ListenConfig, run_http_server
from dockerhub_mcp.server.http.runtime.shutdown import ShutdownEvent
from tests.support.http_server_process import Connection, ask, serving


def make_no_app(_: ShutdownEvent) -> Any:
    msg = "nothing must start"
    raise AssertionError(msg)


def get_error(**options: Any) -> str:
    make_app: AppFactory = make_no_app
    with pytest.raises(SettingsError) as caught:
        run_http_server(ListenConfig(**options), make_app, announce=lambda _: None)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    for name in ("one", "other"):
        request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        more = ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")]
        subprocess.run([*request, *more, *files], check=True, capture_output=True)
    return folder / "one.crt", folder / "one.key"


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        ([], {"client": "127.0.0.1", "scheme": "http"}),
        (["10.0.0.0/8"], {"client": "127.0.0.1", "scheme": "http"}),
        (["127.0.0.1", "10.0.0.0/8"], {"client": "192.0.2.7", "scheme": "https"}),
    ],
)
async def test_only_trusted_proxies_set_the_client_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: list[str], seen: dict[str, str]
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with serving(tmp_path, host="::", forwarded_allow_ips=proxies) as served:
        forwarded = {"X_Forwarded_For": "203.0.113.9, 192.0.2.7, 10.1.1.1", "X_Forwarded_Proto": "https"}
        answer = await ask(("127.0.0.1", served.address[1]), "/who", b"", **forwarded)
        assert json.loads(answer.body) == seen


async def test_tls(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    with serving(tmp_path, tls_cert=cert, tls_key=key, header_timeout=0.3) as served:
        assert served.url.startswith("https://127.0.0.1:")
        async with await Connection.open(served.address) as silent:
            assert await silent.rest() == b""
        context = ssl.create_default_context(cafile=cert)
        async with await Connection.open(served.address, context) as connection:
            assert json.loads((await connection.ask("/who")).body)["scheme"] == "https"
            connection.send("/slow?seconds=1")
            served.said("slow")
            served.signal(signal.SIGTERM)
            assert (await connection.receive()).status == 200
        assert served.end() == 0


async def test_a_name_means_all_its_addresses(tmp_path: Path) -> None:
    with serving(tmp_path, host="localhost") as served:
        assert served.url.startswith("http://localhost:")
        found = socket.getaddrinfo(*served.address, type=socket.SOCK_STREAM)
        async with AsyncExitStack() as stack:
            for *_, (host, port, *_more) in found:
                connection = await stack.enter_async_context(await Connection.open((str(host), int(port))))
                assert (await connection.ask()).status == 200


async def test_an_address_of_ipv6(tmp_path: Path) -> None:
    with serving(tmp_path, host="::1") as served:
        assert served.url.startswith("http://[::1]:")
        assert (await ask(served.address)).status == 200
        served.signal(signal.SIGTERM)
        assert served.end() == 0


def test_a_port_in_use_is_an_error(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert get_error(port=served.address[1]).startswith(f"--port {served.address[1]} is in use")


@pytest.mark.parametrize("host", ["", "no.such.host.invalid", "192.0.2.1", "1.2.3.4.5"])
def test_a_bad_address_is_an_error(host: str) -> None:
    assert get_error(host=host, port=0).startswith(
        f"--host {host}" if host == "192.0.2.1" else f"--host {host!r}"
    )


def test_a_name_of_a_proxy_is_an_error() -> None:
    assert get_error(forwarded_allow_ips=("10.0.0.0/8", "proxy")).startswith("--forwarded-allow-ips proxy: ")


def test_files_of_tls_that_do_not_fit_are_errors(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    other, nothing, locked = key.with_name("other.key"), tmp_path / "nothing", tmp_path / "locked"
    junk = tmp_path / "junk"
    junk.write_text("junk")
    command = ["openssl", "pkcs8", "-topk8", "-in", str(key), "-out", str(locked), "-passout", "pass:secret"]
    subprocess.run(command, check=True, capture_output=True)
    assert get_error(tls_key=key).startswith("--tls-key needs --tls-cert")
    assert get_error(tls_cert=nothing).startswith(f"--tls-cert {nothing} cannot be read: No such file")
    assert get_error(tls_cert=cert, tls_key=nothing).startswith(
        f"--tls-key {nothing} cannot be read: No such"
    )
    assert get_error(tls_cert=junk, tls_key=key).startswith(f"--tls-cert {junk} contains no certificate")
    assert get_error(tls_cert=cert, tls_key=junk).startswith(f"--tls-key {junk} contains no PEM key")
    assert get_error(tls_cert=cert, tls_key=locked).startswith(f"--tls-key {locked} contains no PEM key")
    assert get_error(tls_cert=cert).startswith(f"--tls-cert {cert} contains no PEM key")
    assert get_error(tls_cert=cert, tls_key=other).startswith(f"--tls-key {other} is not the key")


@pytest.mark.skipif(os.getuid() == 0, reason="root may")
def test_a_port_for_the_system_is_an_error() -> None:
    assert get_error(port=1).startswith("--port 1 needs extra privileges")
