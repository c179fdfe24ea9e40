"""Write the pages anew, or tell which are not as they should be."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from docs.make.pages import made, stale


def main(arguments: Sequence[str] | None = None, make: Callable[[], Mapping[Path, str]] = made) -> int:
    """Write or check, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.make", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a page is stale")
    options = parser.parse_args(arguments)
    logging.getLogger("dockerhub_mcp").addHandler(logging.NullHandler())  # the trouble is wanted
    try:
        pages = make()
    except* ValueError as failed:
        reason: BaseException = failed
        while isinstance(reason, BaseExceptionGroup):
            reason = reason.exceptions[0]
        sys.exit(str(reason))
    old = stale(pages)
    for path in old:
        if not options.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(pages[path], "utf-8")
        sys.stderr.write(f"{'stale' if options.check else 'wrote'}: {path}\n")
    return 1 if options.check and old else 0


if __name__ == "__main__":
    sys.exit(main())
