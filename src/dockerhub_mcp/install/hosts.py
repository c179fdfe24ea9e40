"""The hosts: where each keeps its servers, in what form, and how it can be given a secret."""

from __future__ import annotations

import ntpath
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dockerhub_mcp.install.editors.jsonc import Rules


@dataclass(frozen=True, slots=True)
class Place:
    """Where the program runs."""

    platform: str
    """As `sys.platform` says it."""
    home: str
    environment: Mapping[str, str]
    directory: Path

    def join(self, *parts: str) -> Path:
        """Join a path as this platform does."""
        return Path((ntpath if self.platform == "win32" else posixpath).join(*parts))

    def at_home(self, *parts: str) -> Path:
        """Return a path in the person's home directory."""
        return self.join(self.home, *parts)

    def roaming(self, *parts: str) -> Path:
        """Return a path where this platform keeps what programs are told."""
        if self.platform == "win32":
            return self.join(
                self.environment.get("APPDATA") or str(self.at_home("AppData", "Roaming")), *parts
            )
        if self.platform == "darwin":
            return self.at_home("Library", "Application Support", *parts)
        return self.xdg(*parts)

    def xdg(self, *parts: str) -> Path:
        """Return a path in the directory that the XDG specification names, on Windows in its counterpart."""
        if self.platform == "win32":
            return self.roaming(*parts)
        return self.join(self.environment.get("XDG_CONFIG_HOME") or str(self.at_home(".config")), *parts)

    def state(self) -> Path:
        """Return the directory in which we remember what we did."""
        if self.platform == "win32":
            kept = self.environment.get("LOCALAPPDATA") or str(self.at_home("AppData", "Local"))
        else:
            kept = self.environment.get("XDG_STATE_HOME") or str(self.at_home(".local", "state"))
        return self.join(kept, "dockerhub-mcp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """One program that starts MCP servers."""

    name: str
    title: str
    user: Callable[[Place], Path]
    """The file of the person."""
    project: str = ""
    """The file in a project, where the host reads one."""
    container: str = "mcpServers"
    """What the servers stand under."""
    toml: bool = False
    rules: Rules
    typed: bool = False
    """An entry says that it is of type stdio."""
    reference: str = ""
    """How a value of the environment is put in; empty where the host puts none in."""
    prompts: bool = False
    """It asks for secrets and keeps them itself."""
    forwards: bool = False
    """It names the variables that go through, in `env_vars`."""
    underscores: bool = True
    """A server's name may have them."""
    then: str
    """What the person does after it."""


_PLAIN = Rules()
_COMMENTS = Rules(comments=True)
_LENIENT = Rules(comments=True, trailing_commas=True)


def _in(variable: str, default: str, *parts: str) -> Callable[[Place], Path]:
    """Return a path in the directory that a variable of the host names."""

    def path(place: Place) -> Path:
        base = place.environment.get(variable) or str(place.at_home(default) if default else place.home)
        return place.join(base, *parts)

    return path


HOSTS = {
    host.name: host
    for host in (
        Host(
            name="claude-desktop",
            title="Claude Desktop",
            user=lambda place: place.roaming("Claude", "claude_desktop_config.json"),
            rules=_PLAIN,
            then="Quit Claude Desktop, not only its window, and start it again.",
        ),
        Host(
            name="claude-code",
            title="Claude Code",
            user=_in("CLAUDE_CONFIG_DIR", "", ".claude.json"),
            project=".mcp.json",
            rules=_PLAIN,
            typed=True,
            reference="${{{}}}",
            then="Start a new session of Claude Code; /mcp shows the server.",
        ),
        Host(
            name="vscode",
            title="VS Code",
            user=lambda place: place.roaming("Code", "User", "mcp.json"),
            project=".vscode/mcp.json",
            container="servers",
            rules=_LENIENT,
            typed=True,
            prompts=True,
            then="Run the command `MCP: List Servers` in VS Code and start the server.",
        ),
        Host(
            name="cursor",
            title="Cursor",
            user=lambda place: place.at_home(".cursor", "mcp.json"),
            project=".cursor/mcp.json",
            rules=_LENIENT,
            typed=True,
            reference="${{env:{}}}",
            then="Switch the server on under Settings, Tools & MCP in Cursor.",
        ),
        Host(
            name="windsurf",
            title="Windsurf",
            user=lambda place: place.at_home(".codeium", "windsurf", "mcp_config.json"),
            rules=_PLAIN,
            reference="${{env:{}}}",
            then="Refresh the MCP servers in Windsurf's Cascade panel, or start Windsurf again.",
        ),
        Host(
            name="zed",
            title="Zed",
            user=lambda place: place.join(
                str(place.xdg("Zed" if place.platform == "win32" else "zed")), "settings.json"
            ),
            project=".zed/settings.json",
            container="context_servers",
            rules=_LENIENT,
            then="Zed starts the server by itself; the settings of its Agent Panel show it with a green dot.",
        ),
        Host(
            name="gemini-cli",
            title="Gemini CLI",
            user=_in("GEMINI_CLI_HOME", "", ".gemini", "settings.json"),
            project=".gemini/settings.json",
            rules=_COMMENTS,
            reference="${}",
            underscores=False,
            then="Start Gemini CLI again; /mcp shows the server.",
        ),
        Host(
            name="codex",
            title="Codex",
            user=_in("CODEX_HOME", ".codex", "config.toml"),
            project=".codex/config.toml",
            container="mcp_servers",
            toml=True,
            rules=_PLAIN,
            forwards=True,
            then="Start Codex again; /mcp shows the server.",
        ),
    )
}

ANY = Host(
    name="any",
    title="your host",
    user=lambda place: place.directory,
    rules=_PLAIN,
    then="Put it where your host keeps its MCP servers.",
)
"""What most other hosts take; it can be shown only."""
