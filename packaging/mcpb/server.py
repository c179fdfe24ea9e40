"""Start the server of this bundle with the user's settings."""

import os
import sys

# Some hosts leave the placeholders of empty settings as they are in the manifest.
for name, value in list(os.environ.items()):
    if value.startswith("${user_config."):
        del os.environ[name]

from dockerhub_mcp.cli.main import main  # noqa: E402 - the program reads its environment

sys.exit(main([]))
