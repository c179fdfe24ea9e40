"""Whether the server of this container is alive. Containers ask all the time, so little is imported."""

from __future__ import annotations

import contextlib
import http.client
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockerhub_mcp import config

if TYPE_CHECKING:
    import ssl

HEALTH_PATH = "/healthz"
TIMEOUT = 3.0
"""Seconds; the Dockerfile's limit is longer, so that this line is seen and not a mere timeout."""

INIT_CMDLINE = Path("/proc/1/cmdline")

ParseArguments = Callable[[Sequence[str]], Mapping[str, Any]]


def check_health(options: Mapping[str, Any], parse: ParseArguments, init_cmdline: Path = INIT_CMDLINE) -> int:
    """Return 0 when the server answers that it is alive, or has no port to answer on; otherwise 1.

    Args:
        options: Those of this command; they count more than those of the server.
        parse: The program's own reading of a command line. It may exit, as that of argparse does.
        init_cmdline: Where the command line of the container's first process stands.
    """
    try:
        settings = config.load_settings(
            read_server_options(init_cmdline, parse) | dict(options), config.read_environment()
        )
    except config.SettingsError as error:
        return _report_failure(str(error))
    if settings.transport == "stdio":
        return 0
    host = _replace_wildcard_host(settings.host)
    where = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.tls_cert else "http"
    url = f"{scheme}://{where}:{settings.port}{HEALTH_PATH}"
    try:
        status = _fetch_status(host, settings.port, secure=scheme == "https")
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        return _report_failure(f"{url} does not answer: {str(error) or type(error).__name__}")
    return 0 if status == http.client.OK else _report_failure(f"{url} answered {status}")


def read_server_options(init_cmdline: Path, parse: ParseArguments) -> dict[str, Any]:
    """Return what process 1 was told, where it is a server of ours; otherwise nothing.

    A server's options may be arguments of the container, which a command beside it does not get.
    """
    try:
        words = init_cmdline.read_bytes().decode(errors="surrogateescape").split("\0")[:-1]
    except OSError:
        return {}
    arguments = _find_server_arguments(words)
    if arguments is None:
        return {}
    nowhere = io.StringIO()
    try:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            options = dict(parse(arguments))
    except SystemExit:
        return {}
    return options if (options.pop("command", None) or "serve") == "serve" else {}


def _find_server_arguments(command_line: Sequence[str]) -> Sequence[str] | None:
    """Return what follows the program's name; an interpreter or a small init may stand before it."""
    for place, word in enumerate(command_line):
        if (
            word.rpartition("/")[2] == "dockerhub-mcp"
            or command_line[max(place - 1, 0)] + word == "-mdockerhub_mcp"
        ):
            return command_line[place + 1 :]
    return None


def _replace_wildcard_host(host: str) -> str:
    """Return an address to connect to: that of every interface is none."""
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


def _create_unverified_context() -> ssl.SSLContext:
    """Return a context that takes any certificate: it is for another name, and this machine is asked only."""
    import ssl  # noqa: PLC0415 - only where it is needed

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _report_failure(reason: str) -> int:
    line = " ".join(reason.split()).encode("ascii", "backslashreplace").decode()
    sys.stderr.write(f"dockerhub-mcp: {line}\n")
    return 1
