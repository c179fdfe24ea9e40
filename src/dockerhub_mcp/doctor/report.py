"""What the doctor found: the shape that programs read.

`dockerhub-mcp doctor --json` writes one object. Members may be added to it; those that are there keep their
names and meanings while `format` is 1.

    format    1
    version   of dockerhub-mcp
    ok        whether no finding is wrong; the exit code is 0 then, and 1 otherwise
    findings  in this order where they apply: settings, proxy, certificates, hub, docker-login, account,
              token-file, rate-limit, scim; each with
                name, status (ok, note or wrong), summary, remedy (empty where nothing is to be done) and
                facts, an object:
                  settings      problems
                  proxy         proxy
                  certificates  path, named_by
                  hub           address, milliseconds
                  docker-login  used, config, config_exists, helper, helper_path, username
                  account       source, username, kind, scopes, expires_at (of the sign-in, ISO 8601)
                  token-file    path, mode
                  rate-limit    limit, remaining, resets_at
                and, where the Hub or the way to it refused something: error, why, said
    tools     every tool there is, each with
                name, area (its toolset), access (read, write or admin), on, off_by (gate, toolset,
                chosen, excluded or empty), off (the same in words),
                usable (by this account, were it on; null where it is not known who that is), lacks (account,
                kind of credentials, scope, SCIM token or empty) and needs (the same in words)
    versions  of what it runs on
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

FORMAT_VERSION = 1


class FindingStatus(StrEnum):
    """How well something is."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What it is about; stays the same from version to version.
        status: How well it is.
        summary: One sentence or less.
        facts: Details for programs.
        remedy: What to do, where something is to be done.
        details: Details for people: what it is, and the value.
    """

    name: str
    status: FindingStatus
    summary: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""
    details: Sequence[tuple[str, str]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what programs read."""
        return {
            "name": self.name,
            "status": str(self.status),
            "summary": self.summary,
            "facts": dict(self.facts),
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class ToolState:
    """Whether a tool is on, and whether this account could use it."""

    name: str
    area: str
    access: str
    on: bool
    off_by: str = ""
    off: str = ""
    usable: bool | None = True
    lacks: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found."""

    version: str
    findings: Sequence[Finding]
    tools: Sequence[ToolState]
    versions: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.status is not FindingStatus.WRONG for finding in self.findings)

    def to_dict(self, redact: Callable[[str], str]) -> dict[str, Any]:
        """Return what programs read, without any secret."""
        data = {
            "format": FORMAT_VERSION,
            "version": self.version,
            "ok": self.ok,
            "findings": [finding.to_dict() for finding in self.findings],
            "tools": [asdict(tool) for tool in self.tools],
            "versions": dict(self.versions),
        }
        cleaned: dict[str, Any] = _redact_values(data, redact)
        return cleaned


def _redact_values(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(str(value))
    if isinstance(value, Mapping):
        return {key: _redact_values(item, redact) for key, item in value.items()}
    return [_redact_values(item, redact) for item in value] if isinstance(value, list | tuple) else value
