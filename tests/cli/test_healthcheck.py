"""The health check of a container, against real sockets."""

from __future__ import annotations

import io
import ipaddress
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dockerhub_mcp.cli.healthcheck import check_health, read_server_options
from dockerhub_mcp.cli.parser import build_parser

NOT_ASKED = "dockerhub-mcp: over stdio there is no port to ask; --port names one to ask\n"


class Server(ThreadingHTTPServer):
    """Answers every request with one status, and records the requests."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", status: int = 200) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), Handler)
        self.status = status
        self.requests: list[tuple[str, str]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers["Host"]))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def serve(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serve(Server())


def check(
    options: dict[str, Any], *init: str, tmp_path: Path, environment: dict[str, str] | None = None
) -> tuple[int, str]:
    """Run the check next to a first process with this command line; return the exit code and what it wrote."""
    stderr = io.StringIO()
    cmdline = write_command_line(tmp_path, *init)
    return check_health(options, environment or {}, stderr=stderr, init_cmdline=cmdline), stderr.getvalue()


def write_command_line(tmp_path: Path, *words: str) -> Path:
    path = tmp_path / "cmdline"
    path.write_bytes(b"".join(word.encode(errors="surrogateescape") + b"\0" for word in words))
    return path


def test_a_server_that_answers_is_alive(server: Server, tmp_path: Path) -> None:
    for transport in ("http", "sse"):
        options = {"transport": transport, "port": server.port}
        assert check(options, tmp_path=tmp_path) == (0, "")
    assert server.requests == [("/healthz", f"127.0.0.1:{server.port}")] * 2


@pytest.mark.parametrize("status", [204, 302, 404, 503])
def test_any_other_status_is_a_failure_and_no_redirect_is_followed(
    server: Server, status: int, tmp_path: Path
) -> None:
    server.status = status
    assert check({"transport": "http", "port": server.port}, tmp_path=tmp_path) == (
        1,
        f"dockerhub-mcp: http://127.0.0.1:{server.port}/healthz answered {status}\n",
    )
    assert len(server.requests) == 1


def test_a_port_that_nothing_listens_on_is_a_failure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code, message = check({"transport": "http", "port": port}, tmp_path=tmp_path)
    assert code == 1
    assert message.startswith(f"dockerhub-mcp: http://127.0.0.1:{port}/healthz does not answer: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize("answer", [b"", b"220 mail.example.com\r\n", b"HTTP/1.1 two hundred\r\n\r\n"])
def test_another_protocol_on_the_port_is_a_failure(answer: bytes, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        port = listening.getsockname()[1]
        code, message = check({"transport": "http", "port": port}, tmp_path=tmp_path)
        thread.join()
    assert code == 1
    assert "does not answer: " in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", ""])  # noqa: S104 - nothing listens there
def test_a_server_on_every_ipv4_address_is_reached_over_loopback(
    host: str, server: Server, tmp_path: Path
) -> None:
    assert check({"transport": "http", "host": host, "port": server.port}, tmp_path=tmp_path)[0] == 0


@pytest.mark.parametrize("host", ["::", "::1", "[::1]"])
def test_a_server_on_ipv6_is_reached_over_ipv6(host: str, tmp_path: Path) -> None:
    try:
        listening = Server("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    for server in serve(listening):
        assert check({"transport": "http", "host": host, "port": server.port}, tmp_path=tmp_path)[0] == 0
        assert server.requests == [("/healthz", f"[::1]:{server.port}")]


def test_any_certificate_is_accepted(server: Server, tmp_path: Path) -> None:
    certificate = write_expired_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    options = {"transport": "http", "port": server.port, "tls_cert": str(certificate)}
    assert check(options, tmp_path=tmp_path)[0] == 0
    code, message = check({"transport": "http", "port": server.port}, tmp_path=tmp_path)
    assert (code, "it does not speak HTTP; if it speaks TLS, give its --tls-cert" in message) == (1, True)


def test_a_server_without_tls_is_named_as_such(server: Server, tmp_path: Path) -> None:
    options = {"transport": "http", "port": server.port, "tls_cert": "cert.pem", "tls_key": "key.pem"}
    code, message = check(options, tmp_path=tmp_path)
    assert (code, message.count("\n")) == (1, 1)
    assert "does not answer: it does not speak TLS; leave out --tls-cert and --tls-key" in message


def write_expired_certificate(tmp_path: Path) -> Path:
    """Write an expired, self-signed certificate for another name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mcp.example.com")])
    then = datetime.now(UTC) - timedelta(days=30)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), then, then)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "tls.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_server_on_stdio_has_nothing_to_check(tmp_path: Path) -> None:
    assert check({}, tmp_path=tmp_path) == (0, NOT_ASKED)
    assert check({}, "/opt/bin/python3", "/opt/bin/dockerhub-mcp", "--sandbox", tmp_path=tmp_path)[0] == 0


@pytest.mark.parametrize(
    "before",
    [
        ["dockerhub-mcp"],
        ["/opt/dockerhub-mcp/bin/python3", "/opt/dockerhub-mcp/bin/dockerhub-mcp"],
        ["/sbin/docker-init", "--", "/usr/local/bin/dockerhub-mcp"],
        ["python3", "-I", "-m", "dockerhub_mcp"],
    ],
)
@pytest.mark.parametrize("command", [[], ["serve"]])
def test_arguments_of_the_server_count(
    before: list[str], command: list[str], server: Server, tmp_path: Path
) -> None:
    words = [*before, *command, "--transport", "http", f"--port={server.port}", "--sandbox"]
    assert check({}, *words, tmp_path=tmp_path)[0] == 0
    assert len(server.requests) == 1


def test_options_override_those_of_the_server_and_these_the_environment(
    server: Server, tmp_path: Path
) -> None:
    environment = {"DOCKERHUB_MCP_TRANSPORT": "http", "DOCKERHUB_MCP_PORT": "1"}
    init = ("dockerhub-mcp", "--port", str(server.port))
    for options, first_process, code in (({}, ("sleep", "1"), 1), ({}, init, 0), ({"port": 1}, init, 1)):
        assert check(options, *first_process, tmp_path=tmp_path, environment=environment)[0] == code


def test_an_option_of_http_means_a_server_over_http(server: Server, tmp_path: Path) -> None:
    port = str(server.port)
    for words in (
        ["health", "--port", port],
        ["--port", port, "health"],
        ["health", f"--port={port}", "--host="],
    ):
        options = vars(build_parser(words).parse_args(words))
        assert options.pop("command") == "health"
        for init in ((), ("dockerhub-mcp", "--transport", "stdio"), ("dockerhub-mcp", "--transport", "sse")):
            assert check(options, *init, tmp_path=tmp_path) == (0, "")
    assert len(server.requests) == 9
    environment = {
        "DOCKERHUB_MCP_TRANSPORT": "http",
        "DOCKERHUB_MCP_PORT": port,
        "DOCKERHUB_MCP_PATH": "/hub",
    }
    assert check({}, tmp_path=tmp_path, environment=environment) == (0, "")
    assert server.requests[-1][0] == "/healthz"
    assert check({"transport": "stdio"}, tmp_path=tmp_path, environment=environment) == (0, NOT_ASKED)
    code, message = check({"port": "0"}, tmp_path=tmp_path)
    assert (code, message.startswith("dockerhub-mcp: --port 0 is any free port; name the one")) == (1, True)


@pytest.mark.parametrize(
    "command_line",
    [
        [],
        [""],
        ["sh", "-c", "exec dockerhub-mcp --transport http"],
        ["dockerhub-mcp", "--no-such-option"],
        ["dockerhub-mcp", "--transport"],
        ["dockerhub-mcp", "--transport", "pigeon"],
        ["dockerhub-mcp", "--help"],
        ["dockerhub-mcp", "--version"],
        ["dockerhub-mcp", "demo"],
        ["dockerhub-mcp", "sandbox", "--port", "9"],
        ["dockerhub-mcp", "--transport", "http", "health"],
        ["-m", "elsewhere"],
        ["dockerhub_mcp"],
        ["python3", "dockerhub_mcp"],
    ],
)
def test_a_first_process_that_is_no_server_has_no_options(
    command_line: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert read_server_options(write_command_line(tmp_path, *command_line)) == {}
    assert capfd.readouterr() == ("", "")


def test_a_command_line_that_cannot_be_read_has_no_options(tmp_path: Path) -> None:
    assert read_server_options(tmp_path / "missing") == {}
    assert read_server_options(tmp_path) == {}
    assert read_server_options(write_command_line(tmp_path, "dockerhub-mcp", "\udcff")) == {}
    assert read_server_options(write_command_line(tmp_path, "dockerhub-mcp", "--host", "\udcff")) == {
        "host": "\udcff"
    }
    assert check({}, "dockerhub-mcp", "--transport=http", "--host", "\udcff", tmp_path=tmp_path)[0] == 1


def test_invalid_settings_are_a_failure_and_not_a_usage_error(tmp_path: Path) -> None:
    code, message = check({}, tmp_path=tmp_path, environment={"DOCKERHUB_MCP_TRANSPORT": "pigeon"})
    assert code == 1
    assert "DOCKERHUB_MCP_TRANSPORT must be one of" in message


def test_the_command_loads_the_standard_library_alone(server: Server) -> None:
    heavy = ("mcp", "pydantic", "anyio", "asyncio", "httpx2", "starlette", "uvicorn")
    program = (
        "import json, sys; from dockerhub_mcp.cli.main import main; "
        f"code = main(['--transport', 'http', '--port', '{server.port}', 'health']); "
        f"print(json.dumps([code, [name for name in {heavy} if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [0, []]
    assert len(server.requests) == 1
