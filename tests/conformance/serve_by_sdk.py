"""The real server with the SDK answering every request, to compare with its answers to plain requests."""

from __future__ import annotations

import sys
from unittest import mock

from dockerhub_mcp.bootstrap.http import HTTPServerFactory
from dockerhub_mcp.cli.main import main

if __name__ == "__main__":
    with mock.patch.object(HTTPServerFactory, "_create_plain_dispatcher", return_value=None):
        sys.exit(main(sys.argv[1:]))
