"""Report the store that replicas share."""

from __future__ import annotations

from collections.abc import Mapping

from dockerhub_mcp.bootstrap.store import examine_store
from dockerhub_mcp.bootstrap.store_settings import check_store
from dockerhub_mcp.config import Settings
from dockerhub_mcp.doctor.report import Finding, FindingStatus

_REMEDY = (
    "Check the URL in --store-url-file or DOCKERHUB_MCP_STORE_URL, and that the store can be reached "
    "from here."
)
_REMEDIES_BY_REASON = {
    "out of memory": "Raise maxmemory of the store, or use a store that nothing else fills.",
    "its account lacks a permission": "Give its user the permissions that docs/replicas.md names.",
}
_MEANWHILE = "While it is unavailable, the server refuses confirmations and clean-up plans."


async def check_shared_store(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """Report whether the store can be reached and accepts changes."""
    facts = {"version": "", "milliseconds": 0, "key_file": settings.state_key_file}
    if settings.transport == "stdio":
        remedy = "To check it as a server over HTTP uses it, add --transport http."
        return Finding("store", FindingStatus.NOTE, "not tried: it is not used over stdio", facts, remedy)
    if any(problem.is_fatal for problem in check_store(settings, environment)):
        return Finding("store", FindingStatus.NOTE, "not tried: its settings are not valid", facts)
    report = await examine_store(settings, environment)
    if report.reason:
        remedy = f"{_REMEDIES_BY_REASON.get(report.reason, _REMEDY)} {_MEANWHILE}"
        return Finding("store", FindingStatus.WRONG, f"is unavailable: {report.reason}", facts, remedy)
    facts |= {"version": report.version, "milliseconds": report.milliseconds}
    name = report.version or "the store"
    summary = f"{name} answers in {report.milliseconds} ms; {settings.state_key_file} seals what it keeps"
    return Finding("store", FindingStatus.OK, summary, facts)
