"""Check whether the HTTP server of this container is alive.

Containers run the check every few seconds, so it uses the standard library alone.
"""

from __future__ import annotations

import contextlib
import http.client
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dockerhub_mcp.bootstrap.message_redaction import create_message_redactor
from dockerhub_mcp.bootstrap.validate import load_valid_settings
from dockerhub_mcp.cli.parser import build_parser
from dockerhub_mcp.config import HTTP_SETTINGS, SettingsError

if TYPE_CHECKING:
    import ssl

HEALTH_PATH = "/healthz"
TIMEOUT = 3.0
"""Seconds; less than the limit in the Dockerfile, so that the reason is reported and not only a timeout."""

INIT_CMDLINE = Path("/proc/1/cmdline")


def check_health(
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    stderr: TextIO,
    init_cmdline: Path = INIT_CMDLINE,
) -> int:
    """Return 0 if the server reports that it is alive, or has no port to ask; otherwise 1.

    Args:
        options: The options of this command; they override those of the server. One that only an HTTP server
            has, such as the port, means that there is an HTTP server to ask.
        environment: The environment variables, which the container's server has as well.
        stderr: Where the reason for a 1 is written, in one line; also that there is no port to ask.
        init_cmdline: The file with the command line of the container's first process.
    """
    server_options = read_server_options(init_cmdline) | dict(options)
    if HTTP_SETTINGS & options.keys() and "transport" not in options:
        server_options["transport"] = "http"
    try:
        settings = load_valid_settings(server_options, environment)
    except SettingsError as error:
        return _report_failure(create_message_redactor(environment)(str(error)), stderr)
    if settings.transport == "stdio":
        stderr.write("dockerhub-mcp: over stdio there is no port to ask; --port names one to ask\n")
        return 0
    if settings.port == 0:
        return _report_failure("--port 0 is any free port; name the one that the server's log shows", stderr)
    host = _replace_wildcard_host(settings.host)
    scheme = "https" if settings.tls_cert else "http"
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}{HEALTH_PATH}"
    try:
        status = _fetch_status(host, settings.port, secure=scheme == "https")
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        reason = _describe_failure(error, secure=scheme == "https")
        return _report_failure(f"{url} does not answer: {reason}", stderr)
    return 0 if status == http.client.OK else _report_failure(f"{url} answered {status}", stderr)


def read_server_options(init_cmdline: Path) -> dict[str, Any]:
    """Return the options of the container's first process if that is this server; otherwise nothing.

    The container may pass the server's options as arguments, which a health check does not get.
    """
    try:
        command_line = init_cmdline.read_bytes().decode(errors="surrogateescape").split("\0")[:-1]
    except OSError:
        return {}
    arguments = _find_server_arguments(command_line)
    if arguments is None:
        return {}
    discarded = io.StringIO()
    try:
        options = vars(build_parser(stdout=discarded, stderr=discarded).parse_args(arguments))
    except SystemExit:
        return {}
    return options if (options.pop("command", None) or "serve") == "serve" else {}


def _find_server_arguments(command_line: Sequence[str]) -> Sequence[str] | None:
    """Return the arguments after the program's name, which an interpreter or an init process may precede."""
    for index, word in enumerate(command_line):
        if (
            word.rpartition("/")[2] == "dockerhub-mcp"
            or command_line[max(index - 1, 0)] + word == "-mdockerhub_mcp"
        ):
            return command_line[index + 1 :]
    return None


def _replace_wildcard_host(host: str) -> str:
    """Return the loopback address in place of one that stands for every interface."""
    host = host.strip("[]")
    return {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing listens


def _fetch_status(host: str, port: int, *, secure: bool) -> int:
    if secure:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=TIMEOUT, context=_create_unverified_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status


def _describe_failure(error: Exception, *, secure: bool) -> str:
    """Return why the server did not answer, without its bytes, which some messages of `http.client` quote."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if secure and getattr(error, "reason", None) == "WRONG_VERSION_NUMBER":  # of an `ssl.SSLError`
        return "it does not speak TLS; leave out --tls-cert and --tls-key"
    if not secure and isinstance(error, http.client.BadStatusLine | ConnectionResetError):
        return "it does not speak HTTP; if it speaks TLS, give its --tls-cert and --tls-key"
    return getattr(error, "strerror", None) or type(error).__name__


def _create_unverified_context() -> ssl.SSLContext:
    """Return a context that accepts any certificate: the server's names a public host, not this address."""
    import ssl  # noqa: PLC0415 - most containers serve plain HTTP behind a proxy

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _report_failure(reason: str, stderr: TextIO) -> int:
    line = " ".join(reason.split()).encode("ascii", "backslashreplace").decode()
    stderr.write(f"dockerhub-mcp: {line}\n")
    return 1
