"""Load the TLS certificate and key of the HTTP server."""

from __future__ import annotations

import ssl
from pathlib import Path

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub.files import read_file


def create_ssl_context(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return a server context for TLS 1.2 and later, or None without a certificate.

    Args:
        cert: The certificate chain, PEM.
        key: Its private key, PEM; None if the certificate's file holds it.

    Raises:
        SettingsError: A file cannot be used; the message names the option.
    """
    if cert is None:
        if key is None:
            return None
        msg = "--tls-key needs --tls-cert, the certificate that it belongs to"
        raise SettingsError(msg)
    key_option = f"--tls-key {key}" if key else f"--tls-cert {cert}"
    _check_readable("--tls-cert", cert)
    if key:
        _check_readable("--tls-key", key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        # load_cert_chain reports a bad certificate and a bad key alike; this tells them apart.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cert)
    except (ssl.SSLError, OSError):
        msg = f"--tls-cert {cert} contains no certificate in PEM format"
        raise SettingsError(msg) from None
    try:
        # Without a password callback, OpenSSL would prompt for a passphrase on the terminal.
        context.load_cert_chain(cert, key, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            msg = f"{key_option} is not the key of the first certificate in --tls-cert {cert}"
        else:
            msg = f"{key_option} contains no PEM key that can be read without a passphrase"
            msg += "" if key else "; name the key file with --tls-key"
        raise SettingsError(msg) from None
    return context


def _check_readable(option: str, path: Path) -> None:
    try:
        read_file(path)
    except OSError as error:
        msg = f"{option} {path} cannot be read: {error.strerror}"
        raise SettingsError(msg) from None
