"""Count tokens with js-tiktoken, run by Node; the server itself needs neither."""

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
MISSING = (
    "counting tokens needs js-tiktoken: run `npm install js-tiktoken`, set DOCKERHUB_MCP_TIKTOKEN to that "
    "node_modules directory, and DOCKERHUB_MCP_NODE to Node where it is not on the PATH (.ci/run does)"
)
_SCRIPT = Path(__file__).with_name("count_tokens.mjs")


def can_count_tokens() -> bool:
    """Return whether Node and js-tiktoken are configured."""
    return bool(NODE and MODULES)


def count_tokens(texts: Sequence[str]) -> list[int]:
    """Return the number of tokens of each text.

    Raises:
        ValueError: Node or js-tiktoken is missing, or failed.
    """
    if not texts:
        return []
    if not can_count_tokens():
        raise ValueError(MISSING)
    done = subprocess.run(  # noqa: S603 - our own script
        [NODE, str(_SCRIPT), str(Path(MODULES).resolve())],
        input=json.dumps(list(texts)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ValueError(done.stderr)
    counts: list[int] = json.loads(done.stdout)
    return counts
