"""Counts tokens with js-tiktoken, which Node runs; nothing that the server needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ENCODING = "o200k_base"
MODULES = os.environ.get("DOCKERHUB_MCP_TIKTOKEN", "")
NODE = os.environ.get("DOCKERHUB_MCP_NODE") or shutil.which("node") or ""
LACKING = (
    "js-tiktoken is not here; set DOCKERHUB_MCP_TIKTOKEN to a node_modules directory with it, and "
    "DOCKERHUB_MCP_NODE to Node where that is not `node` (.ci/run does)"
)
HERE = Path(__file__).parent


def can_count() -> bool:
    """Tell whether Node and js-tiktoken are here."""
    return bool(NODE and MODULES)


def count_tokens(texts: Sequence[str]) -> list[int]:
    """Return the tokens of each text."""
    if not can_count():
        raise SystemExit(LACKING)
    command = [NODE, str(HERE / "count_tokens.mjs"), str(Path(MODULES).resolve())]
    done = subprocess.run(  # noqa: S603 - ours
        command, input=json.dumps(list(texts)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    counts: list[int] = json.loads(done.stdout)
    return counts
