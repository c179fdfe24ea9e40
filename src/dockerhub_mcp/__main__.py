"""Run the program as `python -m dockerhub_mcp`."""

import sys

from dockerhub_mcp.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
