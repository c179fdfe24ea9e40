"""The compose files, and the secrets that the commands in them write."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.support.pages import ROOT

SIMPLE, SCALED = ROOT / "compose.yaml", ROOT / "deploy" / "compose.scaled.yaml"
TOKEN = "0123456789abcdef" * 2


def read_compose_file(path: Path) -> dict[str, Any]:
    """Read a compose file with the defaults of its variables."""
    text = re.sub(r"\$\{\w+(?::?-([^}]*))?\}", lambda found: found[1] or '""', path.read_text("utf-8"))
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def write_secrets(folder: Path) -> None:
    """Write the secrets of the replicas with the commands at the top of the compose file, and their callers."""
    text = SCALED.read_text("utf-8")
    commands = re.search(r"cd deploy/secrets\n(.+?)#   chmod", text, re.DOTALL)[1]  # type: ignore[index]
    script = re.sub(r"^#   ", "", commands, flags=re.MULTILINE).replace(
        "dckr_pat_...", f"dckr_pat_{'a' * 27}"
    )
    done = subprocess.run(["sh", "-euc", script], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    write_callers_file(folder)


def write_callers_file(folder: Path) -> Path:
    """Write the file of callers and its secret into a folder."""
    text = (ROOT / "deploy" / "callers.toml").read_text("utf-8")
    (folder / "agent-token").write_text(f"{TOKEN}\n")
    (folder / "callers.toml").write_text(text.replace("/run/secrets/", f"{folder}/"))
    return folder / "callers.toml"
