"""Carry over the command-line options of docker/hub-mcp."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from dockerhub_mcp.install.migration.command_line import CommandLine
from dockerhub_mcp.install.migration.recognition import HUB_MCP
from dockerhub_mcp.install.migration.report import MigrationReport
from dockerhub_mcp.install.secrets import holds_secret

_DEFAULT_PORT = "3000"
_HTTP_FLAGS = ("host", "allowed-hosts", "allowed-origins")
_VALUED_FLAGS = frozenset({"transport", "port", "username", "logs-dir", *_HTTP_FLAGS})
_SWITCHES = frozenset({"allow-unauthenticated"})


def carry_over_flags(line: CommandLine, report: MigrationReport) -> dict[str, str]:
    """Report what becomes of each option, and return those with a value.

    A value may be the next word: docker/hub-mcp ignores it then, but it is what was meant.
    """
    flags = dict[str, str]()
    words = list(line.arguments)
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
            shown = f"--{name}" if is_flag else "an argument" if holds_secret(word) else word
            report.leave_out(shown, f"{HUB_MCP} has no such option")
    _report_http_flags(flags, report)
    if "logs-dir" in flags:
        report.leave_out("--logs-dir", "this server logs to standard error, which the host keeps")
    return flags


def _report_http_flags(flags: Mapping[str, str], report: MigrationReport) -> None:
    is_http = flags.get("transport") == "http"
    if "transport" in flags:
        reason = "a host starts the server over stdio, not over HTTP" if is_http else "stdio is the default"
        report.leave_out(f"--transport={flags['transport']}", reason)
    for name in ("port", *_HTTP_FLAGS, *_SWITCHES):
        if name not in flags:
            continue
        shown = f"--{name}={flags[name]}" if flags[name] else f"--{name}"
        if name in _SWITCHES and is_http:
            report.leave_out(shown, "this server has no such option; its callers present a token")
        else:
            report.leave_out(shown, "it is for HTTP" if is_http else "it has no effect over stdio")
    if is_http:
        words = ["dockerhub-mcp", "--transport", "http", "--port", flags.get("port") or _DEFAULT_PORT]
        for name in _HTTP_FLAGS:
            if flags.get(name):
                words += [f"--{name}", flags[name]]
        report.explain(
            f"To serve over HTTP as before, run `{shlex.join(words)}` with the callers' token in "
            "DOCKERHUB_MCP_AUTH_TOKEN, and give the host its URL."
        )
