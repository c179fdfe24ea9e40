"""Write the listings of a release, which name its bundle and its commit, or check the committed ones.

The committed listings are written by `python -m devtools.generate`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from devtools.listings.listings import ROOT, PublishedNames, build_listings, find_wrong_names


def main() -> int:
    """Write or check the listings and return the exit code: 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m devtools.listings", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; list what is wrong and fail")
    parser.add_argument("--bundle", type=Path, help="the MCPB file of the release")
    parser.add_argument("--commit", default="", help="the commit of the release")
    options = parser.parse_args()
    names = PublishedNames.read()
    problems = []
    for path, text in build_listings(names, options.bundle, options.commit).items():
        if not options.check:
            (ROOT / path).write_text(text, "utf-8")
        elif (ROOT / path).read_text("utf-8") != text:
            problems.append(f"{path}: run python -m devtools.generate")
    problems += find_wrong_names(names)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
