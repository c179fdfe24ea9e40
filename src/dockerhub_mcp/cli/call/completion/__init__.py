"""Completion in shells: scripts that hold all there is to complete, so that no key waits for Python.

They are made from the command line's parser and the published schemas, which need no SDK and no client.
"""

from __future__ import annotations

import argparse

from dockerhub_mcp.cli.call.completion import bash, fish, zsh
from dockerhub_mcp.cli.call.completion.model import facts_of

_SHELLS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}


def script(shell: str, parser: argparse.ArgumentParser, kept: str) -> str:
    """Return the script for a shell.

    Args:
        shell: bash, zsh or fish.
        parser: The parser of the command line.
        kept: The content of `fast_start.json`, which has the schemas of all tools.
    """
    return _SHELLS[shell](facts_of(parser, kept))
