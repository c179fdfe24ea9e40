"""The command: adds this server to a host, shows what it would add, or takes it back."""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dockerhub_mcp import config
from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.install.editors import files, host_config, toml_edit
from dockerhub_mcp.install.editors.json_edit import render
from dockerhub_mcp.install.editors.jsonc import Unreadable
from dockerhub_mcp.install.entry import Entry, Launch, container, entry_of, installed, uvx
from dockerhub_mcp.install.hosts import ANY, HOSTS, Host, Place
from dockerhub_mcp.install.record import Change, Record, digest
from dockerhub_mcp.install.removal import refusal, uninstall

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_SECRET = re.compile(
    r"""((?:token|secret|password|passwd|api[-_]?key|authorization|credential)[\w-]*["']?\s*[:=]\s*["']"""
    r"""|--[\w-]*(?:token|secret|password|key)["']\s*,\s*["'])[^"'\n]+""",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"dckr_(?:pat|oat)_[\w-]+")

Say = Callable[[str], object]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options, and those of the server that it passes on."""
    parser.add_argument(
        "for_host", metavar="HOST", choices=[*HOSTS, ANY.name], help=", ".join([*HOSTS, ANY.name])
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--user", action="store_true", help="into the host's file of this person (the default)"
    )
    where.add_argument(
        "--project", action="store_true", help="into the host's file in this directory's project"
    )
    where.add_argument("--file", type=Path, help="into another file of the host's format")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--print", action="store_true", help="show the entry on standard output; change nothing"
    )
    what.add_argument(
        "--dry-run", action="store_true", help="show what would change in the file; change nothing"
    )
    what.add_argument("--uninstall", action="store_true", help="take the entry back")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--uvx", action="store_true", help="start the server with `uvx dockerhub-mcp`")
    how.add_argument("--container", metavar="IMAGE", help="start the server with `docker run` of an image")
    parser.add_argument("--name", default="dockerhub", help="what the host calls the server")
    parser.add_argument(
        "--replace", action="store_true", help="put it in the place of another server of that name"
    )
    config.add_options(parser.add_argument_group("the server's own options, passed on"), web=False)


@dataclass(frozen=True, slots=True)
class Started:
    """How this program runs now."""

    as_what: str
    interpreter: str
    prefix: str


def run_here(options: dict[str, Any], settings: Settings, environment: Mapping[str, str]) -> int:
    """Do what the options say on this machine and return the exit code."""
    home = environment.get("USERPROFILE" if sys.platform == "win32" else "HOME") or str(Path.home())
    place = Place(sys.platform, home, environment, Path.cwd())
    started = Started(sys.argv[0], sys.executable, sys.prefix)
    # What is printed may be piped into a file, so that everything else goes beside it.
    aside = options["print"] or options["dry_run"] or options["for_host"] == ANY.name
    stream = sys.stderr if aside else sys.stdout
    return run(options, settings, place, started, lambda line: stream.write(f"{line}\n"))


def run(options: dict[str, Any], settings: Settings, place: Place, started: Started, say: Say) -> int:
    """Do what the options say and return the exit code.

    Raises:
        SettingsError: It cannot be done; nothing was changed then.
    """
    host: Host = HOSTS.get(options["for_host"], ANY)
    name: str = options["name"]
    if not _NAME.fullmatch(name) or ("_" in name and not host.underscores):
        among = (
            ", or underscores between them" if host.underscores else f"; {host.title} allows no underscores"
        )
        msg = f"--name must be letters, digits and hyphens{among}, not {name!r}"
        raise SettingsError(msg)
    path = _path(host, options, place)
    if options["uninstall"]:
        return uninstall(host, name, path, place, say)
    if settings.transport != "stdio":
        msg = (
            "a host starts the server over stdio; for --transport http give the host the server's URL instead"
        )
        raise SettingsError(msg)
    shared = bool(options["project"])
    launch = _launch(options, place, started, shared=shared)
    entry = entry_of(host, launch, options, settings, name)
    if options["print"] or host is ANY:
        return _print(host, name, entry, path, say)
    return _Installation(host, name, path, place, say, launch, entry, options).run()


def _path(host: Host, options: Mapping[str, Any], place: Place) -> Path:
    if options["file"] is not None:
        return place.directory / Path(options["file"])
    if not options["project"]:
        return host.user(place)
    if not host.project:
        msg = f"{host.title} has no file in a project; leave --project out"
        raise SettingsError(msg)
    return place.directory / host.project


def _launch(options: Mapping[str, Any], place: Place, started: Started, *, shared: bool) -> Launch:
    if options["container"] is not None:
        return container(options["container"], place, shared=shared)
    if options["uvx"]:
        return uvx(place, shared=shared)
    return installed(started.as_what, started.interpreter, started.prefix, place, shared=shared)


def _print(host: Host, name: str, entry: Entry, path: Path, say: Say) -> int:
    if host.toml:
        sys.stdout.write(toml_edit.add_table("", (host.container, name), entry.values))
    else:
        inputs = {host_config.INPUTS: entry.inputs} if entry.inputs else {}
        sys.stdout.write(render({**inputs, host.container: {name: entry.values}}, "", "  ", "\n") + "\n")
    for note in entry.notes:
        say(note)
    say(host.then if host is ANY else f"It belongs into {path}.")
    return 0


@dataclass(frozen=True, slots=True)
class _Installation:
    host: Host
    name: str
    path: Path
    place: Place
    say: Say
    launch: Launch
    entry: Entry
    options: Mapping[str, Any]

    def run(self) -> int:
        found = files.find(self.path)
        try:
            there = host_config.entry_in(self.host, host_config.read(self.host, found.text), self.name)
            self.look_at(there)
            lacking = host_config.lacks(self.host, found.text)
            content = found.encoded(host_config.with_entry(self.host, found.text, self.name, self.entry))
        except (Unreadable, SettingsError) as error:
            if isinstance(error, _Refused):
                raise
            raise refusal(self.path, error) from None
        if content == found.raw:
            self.say(f"{self.host.title} has it already, just so, in {self.path}. Nothing was changed.")
        elif self.options["dry_run"]:
            sys.stdout.write(difference(found, content))
            return 0
        else:
            self.write(found, content, lacking, is_new=there is None)
        for note in self.entry.notes:
            self.say(note)
        self.warn(there)
        self.say(f"Next: {self.host.then}")
        return 0

    def look_at(self, there: Any) -> None:
        if there is None or host_config.is_ours(there) or self.options["replace"]:
            return
        msg = (
            f"{self.path} was not touched: it has another server called {self.name!r}. Choose another name "
            "with --name, or give --replace to put this one in its place"
        )
        raise _Refused(msg)

    def write(self, found: files.Found, content: bytes, lacking: list[str], *, is_new: bool) -> None:
        record = Record.of(self.place.state())
        earlier = record.get(found.real, self.name)
        untouched = earlier is not None and found.raw is not None and earlier.after == digest(found.raw)
        backup, directories = "", list[str]()
        try:
            directories = files.directories_for(found.real)
            if found.raw is not None and not untouched:
                backup = str(files.back_up(found))
            like = None if found.raw is None else found.real
            files.write(found.real, content, like=like, mode=0o644 if self.options["project"] else 0o600)
        except OSError as error:
            if backup:
                Path(backup).unlink()
            files.remove_empty(directories)
            msg = f"{self.path} cannot be written: {error.strerror}. Nothing was changed"
            raise SettingsError(msg) from None
        if untouched and earlier is not None:
            change = earlier
            change.after = digest(content)
        else:
            change = Change(
                found.raw is None, backup, digest(content) if is_new else "", lacking, directories
            )
            if earlier is not None and found.raw is not None:
                change.created, change.made, change.directories = (
                    earlier.created,
                    earlier.made,
                    earlier.directories,
                )
        record.set(found.real, self.name, change)
        self.say(f"Wrote the server {self.name!r} for {self.host.title} into {self.path}.")
        if backup:
            self.say(f"As it was before: {backup}")

    def warn(self, there: Any) -> None:
        text = json.dumps(there)
        if _TOKEN.search(text):
            self.say(
                f"Careful: a Docker token stands in clear in this entry of {self.path}. Take it out, and "
                "revoke it if the file was ever synced or shared."
            )
        if self.options["project"]:
            self.say("Everybody who uses this project gets this entry with it.")
            if self.launch.here_only:
                self.say(
                    f"{self.launch.command} is on this machine only; with --uvx or --container the entry "
                    "works for all."
                )


class _Refused(SettingsError):
    """A refusal that says all there is to say."""


def difference(found: files.Found, content: bytes) -> str:
    """Return what would change, as `diff -u` shows it, without what others keep secret in it."""
    new = content.decode().removeprefix(files.BOM)
    lines = difflib.unified_diff(
        found.text.splitlines(), new.splitlines(), str(found.path), str(found.path), lineterm=""
    )
    text = "".join(f"{line}\n" for line in lines)
    return _TOKEN.sub("***", _SECRET.sub(_masked, text))


def _masked(match: re.Match[str]) -> str:
    value = match[0][len(match[1]) :]
    return match[0] if value.startswith("$") or "_FILE" in match[1] else f"{match[1]}***"
