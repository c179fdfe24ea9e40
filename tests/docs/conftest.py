"""The files and servers that commands in the documents refer to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.documented_programs import Running, Server
from tests.support.pages import load_blocks


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a runner of documented commands, with a server and a sandbox running."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "callers.toml").write_text(f'[ci]\ntoken = "{"0123456789abcdef" * 3}"\n', "utf-8")
    (folder / "callers.toml").chmod(0o600)
    [rules] = [each for each in load_blocks() if each.page == "docs/cleanup.md" and each.language == "toml"]
    (folder / "cleanup.toml").write_text(rules.text, "utf-8")
    _write_certificate(folder)
    server = Server(["--transport", "http", "--sandbox", "--metrics", "--port", "0"], folder, {})
    hub = Server(["sandbox", "--port", "0"], folder, {})
    with server, hub:
        yield Running(folder, server.url.removesuffix("/mcp"), hub.url)


def _write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mcp.example.com")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
