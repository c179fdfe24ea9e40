"""Build Docker's server for a comparison: `python -m benchmarks.peer.build CLONE TARGET`.

CLONE is a clone of github.com/docker/hub-mcp, which may be bare. The sources of one commit are taken from it,
with as few changes as the comparison needs:

- The package of the protocol specification is a git dependency that many machines cannot reach. Three
  constants are used of it, which are written out instead.
- The lock file lacks esbuild for other platforms than macOS. `npm install --package-lock-only` adds what is
  missing, as Docker's own Dockerfile does; the versions that the lock file has stay.
- The URL of Docker Hub is taken from the variable HUB, so that the server calls the Hub of the benchmarks.
- Each file is translated by the esbuild of its lock file, because `tsc` needs several GiB of memory. The
  result runs the same statements.

Node 22 or later is needed, as Docker's package demands.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COMMIT = "5a7c80f57d9fc31558aebfaf3fd5dc6198aaaf30"
RECORD = "benchmark.json"
"""The file in the target that names the commit and Node."""
_MIN_NODE = 22
_SOURCES = "src", "package.json", "package-lock.json", ".npmrc", "LICENSE"
_NPM_OPTIONS = "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"
_SPECIFICATION = "@modelcontextprotocol/specification"
_IMPORT = re.compile(r"import \{[^}]*\} from '@modelcontextprotocol/specification/[^']*';")
_CONSTANTS = (
    "const JSONRPC_VERSION: any = '2.0', METHOD_NOT_FOUND: any = -32601, INTERNAL_ERROR: any = -32603;"
)
_HOST = re.compile(r"'https://hub\.docker\.com/(v2|api/search)'")
_LOGIN = "`https://hub.docker.com/v2/users/login`"


def build_server(clone: Path, target: Path, *, commit: str = COMMIT, node: str = "node") -> dict[str, str]:
    """Build the server in a new folder, and return what was built with what.

    Raises:
        ValueError: Node is too old, or the sources are not as expected.
    """
    version = _read_output(node, "--version").lstrip("v")
    if int(version.partition(".")[0]) < _MIN_NODE:
        msg = f"Node {_MIN_NODE} or later is needed, not {version}"
        raise ValueError(msg)
    executable = _read_output(node, "--print", "process.execPath")
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    archive = subprocess.run(  # noqa: S603 - the clone that the user named
        ["git", "-C", str(clone), "archive", commit, *_SOURCES],  # noqa: S607 - from PATH, as the user has it
        capture_output=True,
        check=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(target, filter="data")
    _remove_specification(target)
    _replace_hosts(target)
    npm = Path(executable).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for command in (("install", "--package-lock-only"), ("ci",)):
        _run(target, executable, str(npm), *command, *_NPM_OPTIONS)
    _translate(target)
    record = {"commit": commit, "node": version, "executable": executable}
    (target / RECORD).write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return record


def _remove_specification(target: Path) -> None:
    package, lock = target / "package.json", target / "package-lock.json"
    wanted: dict[str, Any] = json.loads(package.read_text("utf-8"))
    del wanted["dependencies"][_SPECIFICATION]
    package.write_text(json.dumps(wanted, indent=4) + "\n", "utf-8")
    locked: dict[str, Any] = json.loads(lock.read_text("utf-8"))
    del locked["packages"][""]["dependencies"][_SPECIFICATION]
    del locked["packages"][f"node_modules/{_SPECIFICATION}"]
    lock.write_text(json.dumps(locked, indent=4) + "\n", "utf-8")
    _replace(target / "src" / "server.ts", _IMPORT, _CONSTANTS, 1)


def _replace_hosts(target: Path) -> None:
    _replace(target / "src" / "server.ts", _HOST, r"(process.env.HUB + '/\1')", 3)
    login = re.compile(re.escape(_LOGIN))
    _replace(target / "src" / "asset.ts", login, "`${process.env.HUB}/v2/users/login`", 1)


def _replace(path: Path, pattern: re.Pattern[str], text: str, times: int) -> None:
    changed, count = pattern.subn(text, path.read_text("utf-8"))
    if count != times:
        msg = f"{path} has {count} places that match {pattern.pattern!r}, and must have {times}"
        raise ValueError(msg)
    path.write_text(changed, "utf-8")


def _translate(target: Path) -> None:
    """Translate each file by esbuild, whose executable is in the package of the platform."""
    found = sorted((target / "node_modules" / "@esbuild").glob("*/bin/esbuild"))
    if not found:
        msg = "the lock file has no esbuild for this platform"
        raise ValueError(msg)
    sources = [path for path in sorted((target / "src").rglob("*.ts")) if not path.name.endswith(".test.ts")]
    options = "--outdir=dist", "--outbase=src", "--platform=node", "--format=cjs", "--log-level=warning"
    _run(target, str(found[0]), *(str(path.relative_to(target)) for path in sources), *options)


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - the programs of the build


def _read_output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()  # noqa: S603


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the server that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peer.build",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("clone", type=Path, metavar="CLONE", help="a clone of github.com/docker/hub-mcp")
    parser.add_argument("target", type=Path, metavar="TARGET", help="the folder to build in; it is replaced")
    parser.add_argument("--commit", default=COMMIT, help=f"the commit to build, {COMMIT[:7]} by default")
    node = os.environ.get("DOCKERHUB_MCP_NODE", "node")
    parser.add_argument("--node", default=node, metavar="FILE", help=f"the executable of Node, {node!r}")
    options = parser.parse_args(arguments)
    record = build_server(options.clone, options.target.resolve(), commit=options.commit, node=options.node)
    sys.stdout.write(f"Built {record['commit'][:7]} for Node {record['node']} in {options.target}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
