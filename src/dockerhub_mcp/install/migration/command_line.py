"""Take apart the command line of an entry: launcher, its options, and the arguments of the server."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CONTAINER_ENGINES = frozenset({"docker", "podman", "nerdctl"})
_PACKAGE_MANAGERS = frozenset({"npm", "pnpm", "yarn"})
_SUBCOMMANDS = frozenset({"run", "exec", "dlx", "x"})
"""Those of package managers that a script or a package follows."""
LAUNCHERS = CONTAINER_ENGINES | _PACKAGE_MANAGERS | {"npx", "bunx", "node", "bun", "deno", "tsx", "nodemon"}
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "fish", "pwsh", "powershell", "cmd"})
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_ENGINE_SWITCHES = frozenset(
    {
        *("--rm", "--init", "--read-only", "--privileged", "--interactive", "--tty", "--detach", "--quiet"),
        *("--no-healthcheck", "--publish-all", "--oom-kill-disable"),
    }
)
"""Options of `docker run` that take no value."""
_SHORT_ENGINE_SWITCHES = re.compile(r"-[itdPq]+")
_VALUED_ENGINE_OPTIONS = frozenset({"--context", "-c", "--host", "-H", "--config", "--log-level", "-l"})
"""Options before `run` that take a value."""
_VALUED_NODE_OPTIONS = frozenset({"-r", "--require", "--import", "--loader", "-p", "--package", "--env-file"})
_DIRECTORY_OPTIONS = frozenset({"--prefix", "--dir", "--cwd"})
"""Options of package runners that name the directory of the package."""
_ENVIRONMENT_OPTIONS = ("-e", "--env")
_ENVIRONMENT_FILE_OPTION = "--env-file"


@dataclass(slots=True)
class CommandLine:
    """The command line of an entry.

    Attributes:
        launcher: The program that starts the server, without directory and `.exe`, such as `node`.
        target: The script, package or image that it starts; empty if the options name none.
        directory: The directory that a shell or an option changes to before; empty without one.
        launch_options: The options of the launcher, each with its value, without those for variables.
        arguments: The arguments of the server.
        variables: Those that the command line sets; None for one that is passed on from the environment.
        environment_files: The files of variables that it names.
        wrapper: The words before the launcher, such as those of a program that reads secrets.
    """

    launcher: str
    target: str = ""
    directory: str = ""
    launch_options: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    variables: dict[str, str | None] = field(default_factory=dict)
    environment_files: list[str] = field(default_factory=list)
    wrapper: list[str] = field(default_factory=list)

    @property
    def is_container(self) -> bool:
        """Whether the server is started in a container."""
        return self.launcher in CONTAINER_ENGINES


def read_words(entry: Mapping[str, Any]) -> list[str]:
    """Return the words of an entry's command, in each of the forms that hosts accept.

    These are a string with a list of arguments, a list of all words, an object with `path` and `args`, and
    one string for all.
    """
    command, arguments = entry.get("command"), entry.get("args")
    if isinstance(command, Mapping):
        entry = command
        command, arguments = entry.get("path"), entry.get("args")
    first = [str(word) for word in command] if isinstance(command, list) else [str(command or "")]
    if isinstance(arguments, list):
        return [*first, *map(str, arguments)]
    return _split_words(first[0]) if len(first) == 1 else first


def _split_words(text: str) -> list[str]:
    try:
        return shlex.split(text, posix="\\" not in text)
    except ValueError:
        return text.split()


def parse_command_line(words: Sequence[str]) -> CommandLine | None:
    """Return the parts of a command line; None if no known launcher is in it."""
    variables: dict[str, str | None] = {}
    remaining, directory = _unpack_shell(list(words))
    wrapper = list[str]()
    while remaining and get_program_name(remaining[0]) not in LAUNCHERS:
        word = remaining.pop(0)
        if match := _ASSIGNMENT.fullmatch(word):
            variables[match[1]] = match[2]
        elif get_program_name(word) not in {"env", "exec"}:
            wrapper.append(word)
    if not remaining:
        return None
    line = CommandLine(
        get_program_name(remaining[0]), directory=directory, variables=variables, wrapper=wrapper
    )
    rest = remaining[1:]
    if line.is_container:
        return _parse_container(line, rest)
    line = _parse_node(line, rest)
    if get_program_name(line.target) not in LAUNCHERS:
        return line
    inner = parse_command_line([line.target, *line.arguments])  # such as `npx tsx SCRIPT`
    if inner is not None:
        inner.variables = line.variables | inner.variables
        inner.environment_files = [*line.environment_files, *inner.environment_files]
        inner.directory, inner.wrapper = line.directory, [*line.wrapper, line.launcher]
    return inner


def get_program_name(word: str) -> str:
    """Return the name of a program in lower case, without its directory and the suffix of Windows."""
    name = word.replace("\\", "/").rpartition("/")[2].lower()
    return re.sub(r"\.(?:exe|cmd|bat)\Z", "", name)


def _unpack_shell(words: list[str]) -> tuple[list[str], str]:
    """Return the last command of a text for a shell, and the directory in which it runs.

    Other words are returned as they are, with no directory.
    """
    if not words or get_program_name(words[0]) not in _SHELLS:
        return words, ""
    flag = next((i for i, word in enumerate(words) if re.fullmatch(r"-\w*c|/[cC]|-Command", word)), None)
    if flag is None:
        return words, ""
    inner = words[flag + 1 :]
    if len(inner) != 1:
        return inner, ""
    *earlier, last = map(_split_words, re.split(r"&&|;", inner[0]))
    directory = ""
    for command in earlier:
        if command[:1] == ["cd"] and len(command) > 1:
            named = command[-1].strip("\"'").replace("\\", "/")
            directory = posixpath.normpath(posixpath.join(directory, named))
    return last, directory


def _parse_container(line: CommandLine, words: list[str]) -> CommandLine | None:
    """Parse the arguments of `docker run`; another command of Docker starts no image."""
    while words and words[0].startswith("-"):
        option = words.pop(0)
        line.launch_options.append(option.partition("=")[0])
        if option in _VALUED_ENGINE_OPTIONS:
            words = words[1:]
    if words[:1] == ["container"]:
        words = words[1:]
    if words[:1] != ["run"]:
        return None
    words = words[1:]
    while words and words[0].startswith("-"):
        option, separator, value = words.pop(0).partition("=")
        if match := re.fullmatch(r"-e(.+)", option):  # -eNAME=value
            option, value = "-e", match[1] + separator + value
        elif not separator and not _is_engine_switch(option) and words:
            value = words.pop(0)
        _add_launch_option(line, option, value)
    if words:
        line.target, line.arguments = words[0], words[1:]
    return line


def _is_engine_switch(option: str) -> bool:
    return option in _ENGINE_SWITCHES or _SHORT_ENGINE_SWITCHES.fullmatch(option) is not None


def _add_launch_option(line: CommandLine, option: str, value: str) -> None:
    if option in _ENVIRONMENT_OPTIONS:
        name, separator, content = value.partition("=")
        line.variables[name] = content if separator else line.variables.get(name)
    elif option == _ENVIRONMENT_FILE_OPTION:
        line.environment_files.append(value)
    else:
        line.launch_options.append(f"{option} {value}" if value else option)


def _parse_node(line: CommandLine, words: list[str]) -> CommandLine:
    """Parse the arguments of Node or of one of its package runners."""
    is_manager = line.launcher in _PACKAGE_MANAGERS
    has_script = False
    while words and (words[0].startswith("-") or words[0] == "run" or (is_manager and not line.target)):
        option, separator, value = words.pop(0).partition("=")
        if option == "--":
            break
        if not option.startswith("-"):
            has_script = option not in _SUBCOMMANDS
            if option in {*_SUBCOMMANDS, "start"}:
                line.launch_options.append(option)
            else:
                line.target = option
            if has_script and line.launcher != "npm":
                break  # pnpm and yarn pass on what follows
            continue
        names_directory = option in _DIRECTORY_OPTIONS or (is_manager and option == "-C")
        if not separator and (names_directory or option in _VALUED_NODE_OPTIONS) and words:
            value = words.pop(0)
        if names_directory:
            line.directory = value
        else:
            _add_launch_option(line, option, value)
    if words and not line.target and not has_script:
        line.target = words.pop(0)
    line.arguments = words[1:] if words[:1] == ["--"] else words
    return line
