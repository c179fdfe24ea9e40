"""The published contract: `tool_schemas/`, and the responses of a starting server."""

from __future__ import annotations

from devtools.generate.artifacts import Files, find_leftovers
from devtools.generate.paths import ROOT
from dockerhub_mcp.server.plain.prebuilt import RESPONSES_PATH
from dockerhub_mcp.server.plain.responses_snapshot import build_snapshot
from dockerhub_mcp.tools.catalog.snapshots import build_snapshots

SCHEMAS = ROOT / "tool_schemas"


def build_files() -> Files:
    """Return the schema of each tool and the fast-start responses."""
    schemas = {SCHEMAS / name: text for name, text in build_snapshots().items()}
    return {**schemas, **find_leftovers(SCHEMAS, "*", schemas), RESPONSES_PATH: build_snapshot()}
