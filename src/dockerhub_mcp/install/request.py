"""What the user of `install` asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import Settings
from dockerhub_mcp.install.entry import PROGRAM_NAME, LaunchCommand
from dockerhub_mcp.install.hosts import Host, PlatformPaths


@dataclass(frozen=True, slots=True)
class InstallRequest:
    """What the user asked for.

    Attributes:
        host: The host that reads the file.
        path: The file.
        paths: The directories of this machine.
        launch_command: How the entry starts the server.
        options: The options given on the command line.
        settings: The settings among them.
        program: What messages call this program in the commands that they name.
    """

    host: Host
    path: Path
    paths: PlatformPaths
    launch_command: LaunchCommand
    options: Mapping[str, Any]
    settings: Settings
    program: str = PROGRAM_NAME
