"""Carry over the command-line options of docker/hub-mcp."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from dockerhub_mcp.install.migration.recognition import HUB_MCP, OldEntry
from dockerhub_mcp.install.migration.report import MigrationReport

DEFAULT_PORT = "3000"
_HTTP_FLAGS = ("host", "allowed-hosts", "allowed-origins")
_VALUED_FLAGS = frozenset({"transport", "port", "username", "logs-dir", *_HTTP_FLAGS})
_SWITCHES = frozenset({"allow-unauthenticated"})


def carry_over_flags(old: OldEntry, report: MigrationReport, program: str) -> dict[str, str]:
    """Report what becomes of the options for HTTP and of unknown ones, and return those with a value.

    A value may be the next word: docker/hub-mcp ignores it then, but it is what was meant.

    Args:
        old: The entry.
        report: What became of each part of it.
        program: What messages call this program.
    """
    flags = dict[str, str]()
    words = list(old.command_line.arguments)
    while words:
        word = words.pop(0)
        name, separator, value = word.removeprefix("--").partition("=")
        is_flag = word.startswith("--")
        if is_flag and name in _VALUED_FLAGS:
            if not separator and words and not words[0].startswith("-"):
                value = words.pop(0)
            flags[name] = value
        elif is_flag and name in _SWITCHES:
            flags[name] = ""
        else:
            shown = f"--{name}" if is_flag else "an argument"  # which may be a secret
            report.leave_out(shown, f"{HUB_MCP} has no such option")
    has_auth_token = "MCP_AUTH_TOKEN" in old.variables
    _report_http_flags(flags, has_auth_token=has_auth_token, program=program, report=report)
    return flags


def _report_http_flags(
    flags: Mapping[str, str], *, has_auth_token: bool, program: str, report: MigrationReport
) -> None:
    is_http = flags.get("transport") == "http"
    if "transport" in flags:
        reason = "a host starts the server over stdio, not over HTTP" if is_http else "stdio is the default"
        report.leave_out(f"--transport={flags['transport']}", reason)
    for name in ("port", *_HTTP_FLAGS, *_SWITCHES):
        if name not in flags:
            continue
        shown = f"--{name}={flags[name]}" if flags[name] else f"--{name}"
        if name in _SWITCHES and is_http:
            reason = "callers on 127.0.0.1 need no token here, and on other addresses they must have one"
        else:
            reason = "it is for HTTP" if is_http else "it has no effect over stdio"
        report.leave_out(shown, reason)
    if not is_http:
        return
    words = ["--transport", "http", "--port", flags.get("port") or DEFAULT_PORT]
    for name in _HTTP_FLAGS:
        if flags.get(name):
            words += [f"--{name}", flags[name]]
    token = " with MCP_AUTH_TOKEN in its environment" if has_auth_token else ""
    command = f"{program} {shlex.join(words)}"
    report.explain(f"To serve over HTTP as before, run `{command}`{token}, and give the host its URL.")


def carry_over_logs_directory(
    directory: str, *, is_in_container: bool, is_given: bool, report: MigrationReport
) -> list[str]:
    """Return the options that keep the directory of the log files.

    Args:
        directory: The directory; empty if the old entry names none.
        is_in_container: Whether the old or the new server sees other directories than this machine.
        is_given: Whether the command line names another.
        report: What became of each part of the old entry.
    """
    if not directory:
        return []
    if is_given:
        report.leave_out("--logs-dir", "the command line names another")
    elif is_in_container:
        report.leave_out("--logs-dir", "it is a directory of a container; the host keeps the log")
    elif not Path(directory).expanduser().is_absolute():
        report.leave_out("--logs-dir", "it depends on the working directory; name another with --logs-dir")
    else:
        report.carry(f"--logs-dir={directory}")
        return ["--logs-dir", directory]
    return []
