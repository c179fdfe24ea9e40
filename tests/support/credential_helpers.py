"""Credential helpers for the tests: shell scripts with different behaviour."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

STDERR_SECRET = "dckr_pat_on_stderr"

WITH_LOGIN = """
read -r server
echo "$1 $server" >> {log}
echo 'debug: {stderr_secret}' >&2
printf '{{"ServerURL":"%s","Username":"{name}","Secret":"{secret}"}}\\n' "$server"
"""
WITH_SESSION = """
read -r server
echo "$1 $server" >> {log}
case "$server" in
    */access-token) secret="{secret}" ;;
    *) secret="dckr_pat_sandbox_admin" ;;
esac
printf '{{"ServerURL":"%s","Username":"{name}","Secret":"%s"}}\\n' "$server" "$secret"
"""
WITHOUT_LOGIN = """
read -r server
echo "$1 $server" >> {log}
echo "credentials not found in native keychain"
exit 1
"""
FAILING = """
echo "$1" >> {log}
echo 'cannot unlock, the secret was {stderr_secret}'
echo 'panic: {stderr_secret}' >&2
exit 3
"""
SLOW = """
echo "$1" >> {log}
sleep 60 &
echo $! > {log}.child
wait
"""
INVALID_OUTPUT = """
echo "$1" >> {log}
echo '<html>{stderr_secret}</html>'
"""
ENDLESS_OUTPUT = """
echo "$1" >> {log}
exec yes {stderr_secret}
"""


def build_entry(name: str, secret: str) -> dict[str, str]:
    """Return an entry of `auths` in config.json."""
    return {"auth": base64.b64encode(f"{name}:{secret}".encode()).decode()}


def build_session_token(expires_at: float, **claims: object) -> str:
    """Return a token with the form of a browser login's session, which the sandbox does not accept."""
    hub = {"username": "ada", "session_id": "1"}
    payload = {"exp": expires_at, "https://hub.docker.com": hub, **claims}
    encoded = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{encoded}.c2lnbmF0dXJl"


class DockerHome:
    """Docker's configuration directory, and a directory with helpers."""

    def __init__(self, directory: Path) -> None:
        self.config_dir, self.bin_dir = directory / "docker", directory / "bin"
        self.lookup_log = directory / "asked"
        self.config_dir.mkdir()
        self.bin_dir.mkdir()

    @property
    def config_file(self) -> Path:
        return self.config_dir / "config.json"

    @property
    def lookups(self) -> list[str]:
        """The lookups that helpers received, in order."""
        return self.lookup_log.read_text().splitlines() if self.lookup_log.exists() else []

    def read_output_file(self, suffix: str) -> str:
        """Return the content of a file that a helper wrote, by its suffix."""
        file = Path(f"{self.lookup_log}.{suffix}")
        return file.read_text() if file.exists() else ""

    def write_config(self, **content: object) -> None:
        """Replace config.json with a new file, so that the change is noticed at once."""
        other = self.config_dir / "other"
        other.write_text(json.dumps(content))
        other.replace(self.config_file)

    def install_helper(self, name: str, script: str, *, username: str = "ada", secret: str = "") -> None:
        """Install a helper that runs a script."""
        body = script.format(log=self.lookup_log, name=username, secret=secret, stderr_secret=STDERR_SECRET)
        path = self.bin_dir / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\n{body}")
        path.chmod(0o755)

    def build_env(self, **more: str) -> dict[str, str]:
        """Return an environment that selects these directories."""
        coverage = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
        return {
            "DOCKER_CONFIG": str(self.config_dir),
            "PATH": f"{self.bin_dir}:/usr/bin:/bin",
            **coverage,
            **more,
        }
