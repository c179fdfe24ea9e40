"""Assemble the MCPB bundle for `mcpb pack`: `python packaging/mcpb/build.py WHEEL DIRECTORY`.

The bundle contains the tested wheel. The host installs its dependencies from the package index when it first
starts the bundle, in the versions of requirements.txt: compiled packages cannot be bundled for every system.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


def read_pins(text: str) -> list[str]:
    """Return the pinned versions of a requirements file, without extras, which uv rejects in constraints."""
    found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?(==[^\s;\\]+)((?: ;[^\\\n]*)?)", text, re.MULTILINE)
    return [f"{name}{version}{marker.rstrip()}" for name, version, marker in found]


def render_pyproject(wheel: str, version: str, python: str, constraints: list[str]) -> str:
    """Return the bundle's pyproject.toml, from which the host's uv creates the environment."""
    lines = "".join(f"    {json.dumps(constraint)},\n" for constraint in constraints)
    return f"""[project]
name = "dockerhub-mcp-bundle"
version = "{version}"
requires-python = "{python}"
dependencies = ["dockerhub-mcp"]

[tool.uv]
package = false
constraint-dependencies = [
{lines}]

[tool.uv.sources]
dockerhub-mcp = {{ path = "{wheel}" }}
"""


def build_bundle(wheel: Path, directory: Path) -> None:
    """Write the bundle's files to a new directory."""
    directory.mkdir(parents=True)
    manifest = json.loads((HERE / "manifest.json").read_text("utf-8"))
    python = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    constraints = read_pins((ROOT / "requirements.txt").read_text("utf-8"))
    text = render_pyproject(wheel.name, manifest["version"], python, constraints)
    (directory / "pyproject.toml").write_text(text, "utf-8")
    for source in (
        HERE / "manifest.json",
        HERE / "server.py",
        HERE.parent / "icon.png",
        ROOT / "LICENSE",
        wheel,
    ):
        shutil.copyfile(source, directory / source.name)


if __name__ == "__main__":
    build_bundle(Path(sys.argv[1]), Path(sys.argv[2]))
