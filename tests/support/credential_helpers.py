"""Credential helpers for the tests: shell scripts with different behaviour."""

from __future__ import annotations

import json
import os
from pathlib import Path

ON_STDERR = "dckr_pat_whispered_on_stderr"

SPEAKS = """
read -r server
echo "$1 $server" >> {asked}
echo 'debug: {whispered}' >&2
printf '{{"ServerURL":"%s","Username":"{name}","Secret":"{secret}"}}\\n' "$server"
"""
NOT_FOUND = """
read -r server
echo "$1 $server" >> {asked}
echo "credentials not found in native keychain"
exit 1
"""
FAILS = """
echo "$1" >> {asked}
echo 'cannot unlock, the secret was {whispered}'
echo 'panic: {whispered}' >&2
exit 3
"""
SLOW = """
echo "$1" >> {asked}
sleep 60 &
echo $! > {asked}.child
wait
"""
NONSENSE = """
echo "$1" >> {asked}
echo '<html>{whispered}</html>'
"""
ENDLESS = """
echo "$1" >> {asked}
exec yes {whispered}
"""


class Keeper:
    """A directory with Docker's configuration, and a directory with helpers."""

    def __init__(self, directory: Path) -> None:
        self.docker, self.bin = directory / "docker", directory / "bin"
        self.asked_file = directory / "asked"
        self.docker.mkdir()
        self.bin.mkdir()

    @property
    def config(self) -> Path:
        return self.docker / "config.json"

    @property
    def asked(self) -> list[str]:
        """The lookups that helpers received, in order."""
        return self.asked_file.read_text().splitlines() if self.asked_file.exists() else []

    def left(self, what: str) -> str:
        """Return the content of a file that a helper wrote, by its suffix."""
        file = Path(f"{self.asked_file}.{what}")
        return file.read_text() if file.exists() else ""

    def configure(self, **content: object) -> None:
        """Replace config.json with a new file, so that the change is noticed at once."""
        other = self.docker / "other"
        other.write_text(json.dumps(content))
        other.replace(self.config)

    def helper(self, name: str, manner: str, *, username: str = "ada", secret: str = "") -> None:
        """Install a helper that runs a script."""
        body = manner.format(asked=self.asked_file, name=username, secret=secret, whispered=ON_STDERR)
        path = self.bin / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\n{body}")
        path.chmod(0o755)

    def variables(self, **more: str) -> dict[str, str]:
        """Return an environment that selects these directories."""
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
        return {"DOCKER_CONFIG": str(self.docker), "PATH": f"{self.bin}:/usr/bin:/bin", **measured, **more}
