"""The container's question whether its server is alive, asked of real sockets."""

from __future__ import annotations

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

from dockerhub_mcp.cli import main as cli
from dockerhub_mcp.cli.healthcheck import check_health, read_server_options


class Server(ThreadingHTTPServer):
    """Answers /healthz with a status, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", status: int = 200) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), Handler)
        self.status = status
        self.asked: list[tuple[str, str]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Host"]))
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


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRANSPORT", "HOST", "PORT", "TLS_CERT"):
        monkeypatch.delenv(f"DOCKERHUB_MCP_{name}", raising=False)


def asked(options: dict[str, Any], *process_1: str, tmp_path: Path) -> int:
    """Ask as the command does, beside a process 1 of these words."""
    return check_health(options, parsed, command_line(tmp_path, *process_1))


def parsed(arguments: Any) -> dict[str, Any]:
    return vars(cli._build_parser().parse_args(arguments))


def command_line(tmp_path: Path, *words: str) -> Path:
    path = tmp_path / "cmdline"
    path.write_bytes(b"".join(word.encode(errors="surrogateescape") + b"\0" for word in words))
    return path


def test_a_server_that_answers_is_alive(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked({"transport": "http", "port": server.port}, tmp_path=tmp_path) == 0
    assert server.asked == [("/healthz", f"127.0.0.1:{server.port}")]
    assert asked({"transport": "sse", "port": server.port}, tmp_path=tmp_path) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("status", [204, 302, 404, 503])
def test_any_other_answer_is_no_and_no_redirect_is_followed(
    server: Server, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.status = status
    assert asked({"transport": "http", "port": server.port}, tmp_path=tmp_path) == 1
    assert capsys.readouterr().err == (
        f"dockerhub-mcp: http://127.0.0.1:{server.port}/healthz answered {status}\n"
    )


def test_nobody_there_is_no_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert asked({"transport": "http", "port": port}, tmp_path=tmp_path) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"dockerhub-mcp: http://127.0.0.1:{port}/healthz does not answer: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("answer", [b"", b"220 mail.example.com\r\n", b"HTTP/1.1 two hundred\r\n\r\n"])
def test_something_else_that_listens_is_no(
    answer: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        port = listening.getsockname()[1]
        assert asked({"transport": "http", "port": port}, tmp_path=tmp_path) == 1
        thread.join()
    told = capsys.readouterr().err
    assert "does not answer: " in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", ""])  # noqa: S104 - it is what is asked about
def test_a_server_on_every_address_is_asked_at_this_machines(
    host: str, server: Server, tmp_path: Path
) -> None:
    assert asked({"transport": "http", "host": host, "port": server.port}, tmp_path=tmp_path) == 0


@pytest.mark.parametrize("host", ["::", "::1", "[::1]"])
def test_a_server_on_ipv6_is_asked_there(host: str, tmp_path: Path) -> None:
    try:
        listening = Server("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    for server in serve(listening):
        assert asked({"transport": "http", "host": host, "port": server.port}, tmp_path=tmp_path) == 0
        assert server.asked == [("/healthz", f"[::1]:{server.port}")]


def test_a_server_with_tls_is_asked_whatever_its_certificate_is_for(server: Server, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    options = {"transport": "http", "port": server.port, "tls_cert": str(certificate)}
    assert asked(options, tmp_path=tmp_path) == 0


def self_signed(tmp_path: Path) -> Path:
    """Write a certificate for another name, that nobody vouches for and that is over."""
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


def test_over_stdio_there_is_nothing_to_ask(tmp_path: Path) -> None:
    assert asked({}, tmp_path=tmp_path) == 0
    assert asked({}, "/opt/bin/python3", "/opt/bin/dockerhub-mcp", "--sandbox", tmp_path=tmp_path) == 0


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
def test_the_servers_own_arguments_count(
    before: list[str], command: list[str], server: Server, tmp_path: Path
) -> None:
    words = [*before, *command, "--transport", "http", f"--port={server.port}", "--sandbox"]
    assert asked({}, *words, tmp_path=tmp_path) == 0
    assert len(server.asked) == 1


def test_options_of_the_command_come_before_the_servers_and_those_before_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKERHUB_MCP_TRANSPORT", "http")
    monkeypatch.setenv("DOCKERHUB_MCP_PORT", "1")
    assert asked({}, "sleep", "1", tmp_path=tmp_path) == 1
    assert asked({}, "dockerhub-mcp", "--port", str(server.port), tmp_path=tmp_path) == 0
    assert asked({"port": 1}, "dockerhub-mcp", "--port", str(server.port), tmp_path=tmp_path) == 1


@pytest.mark.parametrize(
    "words",
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
def test_a_process_1_that_is_no_server_says_nothing(
    words: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert read_server_options(command_line(tmp_path, *words), parsed) == {}
    assert capfd.readouterr() == ("", "")


def test_a_command_line_that_cannot_be_read_or_is_no_text_says_nothing(tmp_path: Path) -> None:
    assert read_server_options(tmp_path / "missing", parsed) == {}
    assert read_server_options(tmp_path, parsed) == {}
    assert read_server_options(command_line(tmp_path, "dockerhub-mcp", "\udcff"), parsed) == {}
    assert read_server_options(command_line(tmp_path, "dockerhub-mcp", "--host", "\udcff"), parsed) == {
        "host": "\udcff"
    }
    assert asked({}, "dockerhub-mcp", "--transport=http", "--host", "\udcff", tmp_path=tmp_path) == 1


def test_settings_that_cannot_be_used_are_no_and_not_the_code_for_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKERHUB_MCP_TRANSPORT", "pigeon")
    assert asked({}, tmp_path=tmp_path) == 1
    assert "DOCKERHUB_MCP_TRANSPORT must be one of" in capsys.readouterr().err


def test_the_command_asks_and_imports_little(server: Server) -> None:
    heavy = ("mcp", "pydantic", "anyio", "asyncio", "httpx2", "starlette", "uvicorn")
    program = (
        "import json, sys; from dockerhub_mcp.cli.main import main; "
        f"code = main(['--transport', 'http', '--port', '{server.port}', 'health']); "
        f"print(json.dumps([code, [name for name in {heavy} if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [0, []]
    assert len(server.asked) == 1
