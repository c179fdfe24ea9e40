"""Puts the MCPB bundle together: `python packaging/mcpb/build.py WHEEL DIRECTORY`, for `mcpb pack`.

The bundle has the wheel as it was tested. What the wheel needs comes from the package index, each in the
version that requirements.txt names, when the host starts the bundle for the first time: compiled packages
cannot be carried along for every system.
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


def pins(text: str) -> list[str]:
    """Return the exact versions that a file with hashes names, without the extras, which uv does not want."""
    found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?(==[^\s;\\]+)((?: ;[^\\\n]*)?)", text, re.MULTILINE)
    return [f"{name}{version}{marker.rstrip()}" for name, version, marker in found]


def project(wheel: str, version: str, python: str, constraints: list[str]) -> str:
    """Return the bundle's pyproject.toml, from which the host's uv makes the environment."""
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


def build(wheel: Path, directory: Path) -> None:
    """Write the bundle's files into a directory that is not there yet."""
    directory.mkdir(parents=True)
    described = json.loads((HERE / "manifest.json").read_text("utf-8"))
    python = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    constraints = pins((ROOT / "requirements.txt").read_text("utf-8"))
    text = project(wheel.name, described["version"], python, constraints)
    (directory / "pyproject.toml").write_text(text, "utf-8")
    for source in (HERE / "manifest.json", HERE / "server.py", ROOT / "LICENSE", wheel):
        shutil.copyfile(source, directory / source.name)


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
