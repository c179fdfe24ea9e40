"""Run `benchmarks.curves.run`."""

import sys

from benchmarks.curves.run import main

if __name__ == "__main__":
    sys.exit(main())
