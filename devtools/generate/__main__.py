"""Write every file that is derived from the code, or check that none is stale."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from devtools.generate.artifacts import Generator, update
from devtools.generate.generators import GENERATORS
from devtools.generate.paths import COMMAND, ROOT


def main(argv: Sequence[str] | None = None, generators: Mapping[str, Generator] = GENERATORS) -> int:
    """Generate or check the selected files and return the exit code: 1 where a check found stale files."""
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=__doc__,
        epilog="Counting tokens needs Node and js-tiktoken: DOCKERHUB_MCP_NODE and DOCKERHUB_MCP_TIKTOKEN. "
        "Without them, counts of texts that have not changed are kept.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; list the stale files and fail")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"only these: {', '.join(generators)} (all by default)"
    )
    parser.add_argument(
        "--skip", action="append", default=[], metavar="NAME", help="leave this out, if a test checks it too"
    )
    options = parser.parse_args(argv)
    if unknown := {*options.names, *options.skip} - set(generators):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(generators)}")
    names = set(options.names or generators) - set(options.skip)
    selected = {name: run for name, run in generators.items() if name in names}
    logging.getLogger("dockerhub_mcp").addHandler(logging.NullHandler())  # errors are provoked on purpose
    stale = 0
    try:
        for path, outcome in update(selected, check=options.check):
            stale += 1
            sys.stderr.write(f"{outcome}: {_shorten(path)}\n")
    except* ValueError as group:
        sys.exit("\n".join(f"{COMMAND}: {cause}" for cause in _list_causes(group)))
    if options.check and stale:
        sys.stderr.write(f"{stale} file(s) are stale. Run: {COMMAND}\n")
        return 1
    return 0


def _shorten(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _list_causes(error: BaseException) -> list[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [cause for inner in error.exceptions for cause in _list_causes(inner)]


if __name__ == "__main__":
    sys.exit(main())
