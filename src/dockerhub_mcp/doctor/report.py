"""The report of the doctor, and its JSON form.

`dockerhub-mcp doctor --json` writes one object. New members may be added; existing ones keep their names and
meanings as long as `format` is 1.

    format    1
    version   of dockerhub-mcp
    ok        whether no finding is wrong; the exit code is then 0, otherwise 1
    findings  in this order, as far as they apply: settings, proxy, certificates, store, hub, docker-login,
              account, token-file, rate-limit, registry, scim; each with
                name, status (ok, note or wrong), summary, remedy (empty if there is nothing to do) and
                facts, an object:
                  settings      problems
                  proxy         proxy
                  certificates  path, named_by
                  store         version, milliseconds, key_file (its path)
                  hub           address, milliseconds
                  docker-login  used, config, config_exists, helper, helper_path, username, session (the user
                                of a browser login's session), session_until, session_used
                  account       source, username, kind, scopes, expires_at (of the sign-in, ISO 8601)
                  token-file    path, mode
                  rate-limit    limit, remaining, resets_at
                  registry      address, milliseconds, limit, remaining, window_seconds (of pulls)
                and after an error of the Hub or of the connection to it: error, why, said
    tools     every tool, each with
                name, area (its toolset), access (read, write or admin), on, off_by (gate, toolset,
                chosen, excluded or empty), off (the same in words), enable_with (the options of the server
                that enable it together),
                usable (whether this account could use it if it were on; null if the account is unknown),
                lacks (account, kind of credentials, scope, SCIM token or empty) and needs (the same in words)
    versions  of the program, its libraries and the system
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dockerhub_mcp.tools.tool_states import ToolState

FORMAT_VERSION = 1


class FindingStatus(StrEnum):
    """The result of a check."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        name: The subject, which stays the same between versions.
        status: Whether it is in order.
        summary: One sentence or less.
        facts: Details for programs.
        remedy: What to do; empty if there is nothing to do.
        details: Details for people, each a label and a value.
    """

    name: str
    status: FindingStatus
    summary: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
    details: Sequence[tuple[str, str]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON data."""
        return {
            "name": self.name,
            "status": str(self.status),
            "summary": self.summary,
            "facts": dict(self.facts),
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, tools and versions."""

    version: str
    findings: Sequence[Finding]
    tools: Sequence[ToolState]
    versions: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether no finding is wrong."""
        return all(finding.status is not FindingStatus.WRONG for finding in self.findings)

    def to_dict(self, redact: Callable[[str], str]) -> dict[str, Any]:
        """Return the report as JSON data, with secrets masked by `redact`."""
        data = {
            "format": FORMAT_VERSION,
            "version": self.version,
            "ok": self.ok,
            "findings": [finding.to_dict() for finding in self.findings],
            "tools": [tool._asdict() for tool in self.tools],
            "versions": dict(self.versions),
        }
        redacted: dict[str, Any] = _redact_values(data, redact)
        return redacted


def _redact_values(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(str(value))
    if isinstance(value, Mapping):
        return {key: _redact_values(item, redact) for key, item in value.items()}
    return [_redact_values(item, redact) for item in value] if isinstance(value, list | tuple) else value
