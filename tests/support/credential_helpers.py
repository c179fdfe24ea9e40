"""Credential helpers for the tests: real programs, each with a manner of its own."""

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
    """A directory with Docker's configuration, and one with helpers."""

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
        """What helpers were asked, each time."""
        return self.asked_file.read_text().splitlines() if self.asked_file.exists() else []

    def left(self, what: str) -> str:
        """Return what a helper left in a file beside."""
        file = Path(f"{self.asked_file}.{what}")
        return file.read_text() if file.exists() else ""

    def configure(self, **content: object) -> None:
        """Write config.json, as another file, so that its change shows at once."""
        other = self.docker / "other"
        other.write_text(json.dumps(content))
        other.replace(self.config)

    def helper(self, name: str, manner: str, *, username: str = "ada", secret: str = "") -> None:
        """Put a helper there."""
        body = manner.format(asked=self.asked_file, name=username, secret=secret, whispered=ON_STDERR)
        path = self.bin / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\n{body}")
        path.chmod(0o755)

    def variables(self, **more: str) -> dict[str, str]:
        """Return an environment that leads here."""
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
        return {"DOCKER_CONFIG": str(self.docker), "PATH": f"{self.bin}:/usr/bin:/bin", **measured, **more}
