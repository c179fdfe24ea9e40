"""Parse the command line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TextIO

from dockerhub_mcp import __version__
from dockerhub_mcp.bootstrap.message_redaction import create_message_redactor
from dockerhub_mcp.cli.options import (
    WITHOUT_ADDRESS,
    add_default_values,
    add_install_options,
    add_settings_options,
)

_UNRECOGNIZED_PREFIX = "unrecognized arguments: "
_INVALID_COMMAND_PREFIX = "argument command: invalid choice: "
_FLAG_WITH_VALUE = re.compile(
    r"argument (?P<flag>[^/:]+)(?P<opposite>/--no-[^:]+)?: ignored explicit argument (?P<value>.*)", re.DOTALL
)


class CommandLineParser(argparse.ArgumentParser):
    """An argument parser that reports an error in one line, and names the option that is probably meant.

    Abbreviated options are refused: the next release may make one ambiguous.

    Args:
        stdout: Where help is written; the process's own by default.
        stderr: Where errors are written; the process's own by default.
        environment: The environment variables; errors do not repeat the secrets among them.
        options: Arguments of `argparse.ArgumentParser`.
    """

    commands: Mapping[str, argparse.ArgumentParser]
    list_name: str = ""
    """The positional argument with a list of words, which may follow options as well."""
    hints: Mapping[str, str] = {}
    """What to do instead of an option of other commands."""
    _argv: Sequence[str] = ()

    def __init__(
        self,
        *,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**{"allow_abbrev": False} | options)
        self._stdout, self._stderr = stdout, stderr
        self._environment = environment or {}

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments, keeping them for `error`."""
        self._argv = add_default_values(self, sys.argv[1:] if args is None else args)
        parsed, rest = super().parse_known_args(self._argv, namespace)
        if self.list_name and not any(word.startswith("-") for word in rest):
            # argparse takes only the words before the first option, or only those behind the last.
            setattr(parsed, self.list_name, [*getattr(parsed, self.list_name), *rest])
            return parsed, []
        return parsed, rest

    def error(self, message: str) -> NoReturn:
        """Report arguments that cannot be parsed, and exit with code 2.

        argparse takes the value behind an unknown option for a command, and would report that instead.
        """
        if message.startswith(_INVALID_COMMAND_PREFIX):
            self._reject_unknown_option(self._argv, self)
        elif message.startswith(_UNRECOGNIZED_PREFIX):
            commands = getattr(self, "commands", {})
            parser = next((commands[word] for word in self._argv if word in commands), self)
            words = message.removeprefix(_UNRECOGNIZED_PREFIX).split()
            self._reject_unknown_option(words, parser)
        if found := _FLAG_WITH_VALUE.fullmatch(message):
            takes = "must be true or false, not" if found["opposite"] else "takes no value such as"
            message = f"{found['flag']} {takes} {found['value']}"
        redacted = create_message_redactor(self._environment)(message)
        # Without the usage, which fills a screen: hosts and container logs show the last lines.
        self.exit(2, f"{self.prog}: error: {redacted}; see {self.prog} --help\n")

    def _reject_unknown_option(self, arguments: Sequence[str], parser: argparse.ArgumentParser) -> None:
        """Exit because of the first option that a parser does not know; return if it knows all.

        What follows the option is not repeated: it may be a secret.
        """
        known = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001
        for argument in arguments:
            is_short = argument.startswith("-") and not argument.startswith("--")
            option = argument[:2] if is_short else argument.partition("=")[0]
            if option.startswith("-") and option not in {"-", "--", *known}:
                from difflib import get_close_matches  # noqa: PLC0415 - most starts need no suggestion

                matches = get_close_matches(option, known, n=1, cutoff=0.6)
                if matches and option not in self._option_string_actions:
                    hint = f"did you mean {matches[0]}?"
                else:  # of this program, but of other commands
                    hint = f"see {parser.prog} --help"
                hint = getattr(parser, "hints", {}).get(option, hint)
                self.exit(2, f"{self.prog}: there is no option {option}; {hint}\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(message, (self._stdout if file is sys.stdout else self._stderr) or file)


def build_parser(
    argv: Sequence[str] | None = None,
    *,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    environment: Mapping[str, str] | None = None,
) -> CommandLineParser:
    """Build the parser of the program.

    Args:
        argv: The arguments to be parsed. Options are then added only to the commands among them, because
            hosts wait while the parser is built; by default all options are added.
        stdout: Where help is written.
        stderr: Where errors are written.
        environment: The environment variables; errors do not repeat the secrets among them.
    """

    def add_server_options(command: argparse.ArgumentParser, name: str) -> None:
        if argv is None or name in argv:
            add_settings_options(command)

    parser = CommandLineParser(
        prog="dockerhub-mcp",
        description="An MCP server that gives an AI agent the Docker Hub API. Without a command it serves "
        "one client over standard input and output, which is how MCP hosts start it; with "
        "--transport http it serves many clients over HTTP.",
        epilog="Secrets are read from DOCKERHUB_USERNAME and DOCKERHUB_TOKEN, or from the files that "
        "DOCKERHUB_USERNAME_FILE and DOCKERHUB_TOKEN_FILE name. In brackets: the environment variable.",
        stdout=stdout,
        stderr=stderr,
        environment=environment,
    )
    parser.add_argument("--version", action="version", version=f"dockerhub-mcp {__version__}")
    add_settings_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    parser.commands = commands.choices
    add_command = partial(commands.add_parser, stdout=stdout, stderr=stderr, environment=environment)
    serve = add_command("serve", help="serve over standard input and output, or over HTTP (the default)")
    add_server_options(serve, "serve")
    demo = add_command("demo", help="watch a real MCP client use this server on the embedded Hub")
    demo.add_argument("--plain", action="store_true", help="no colour")
    sandbox = add_command("sandbox", help="serve the embedded Hub for any client of the Hub API")
    sandbox.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    sandbox.add_argument("--port", type=int, default=8080, help="port; 0 for a free one")
    tools = add_command("tools", help="list every tool, what it requires, and whether it is enabled")
    add_server_options(tools, "tools")
    form = tools.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as the table in README.md")
    form.add_argument("--tokens", action="store_true", help="with the tokens that each adds to the context")
    call = add_command(
        "call",
        help="call one tool from the shell, as an agent would",
        add_help=False,
        prefix_chars="\0",  # its options depend on the tool, so they are parsed later
    )
    call.add_argument("words", nargs=argparse.REMAINDER)
    cleanup = add_command(
        "cleanup",
        help="delete tags of repositories by rules: a plan, one question, and progress",
        description="Plans which tags of repositories to delete, and deletes them with --apply after one "
        "question. Tags that are immutable, share a digest with a tag that stays, or belong to an image that "
        "stays are always kept. Exit code: 0 done, 1 refused, 2 invalid options or rules, 3 done in part, "
        "130 interrupted.",
    )
    if argv is None or "cleanup" in argv:
        from dockerhub_mcp.cli.cleanup.options import add_cleanup_options  # noqa: PLC0415 - for this command

        add_cleanup_options(cleanup)
        cleanup.list_name = "repositories"
        cleanup.hints = {
            "--yes": "--apply --max-delete N confirms in advance where there is no terminal",
            "--dry-run": "without --apply, nothing is deleted",
        }
    skills = add_command(
        "skills",
        help="list the Agent Skills, or copy them to where a host reads them, such as .claude/skills",
        description="Lists the skills on tasks with this server's tools. With --to, copies them to a folder; "
        "files that are there with other content are kept. Exit code: 0 done, 1 files were kept or could not "
        "be written.",
    )
    skills.add_argument("--to", type=Path, metavar="DIR", help="the folder to copy them to")
    completion = add_command("completion", help="print the completion script of a shell")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    schemas = add_command("schemas", help="write or check the published tool schemas")
    schemas.add_argument("--dir", type=Path, default=Path("tool_schemas"), help="their directory")
    schemas.add_argument("--check", action="store_true", help="change nothing; fail if they differ")
    doctor = add_command(
        "doctor",
        help="check the settings, the connection to the Hub, the account and the tools: exit code 0 or 1",
        description="Checks the settings, the connection to the Hub, the account and the tools, with the "
        "options of `serve`. It signs in once and changes nothing. Exit code: 0 if nothing is wrong, also "
        "if there are notes; 1 if something is; 2 for invalid options.",
    )
    add_server_options(doctor, "doctor")
    doctor.add_argument("--json", action="store_true", help="one JSON object, for programs")
    install = add_command("install", help="add this server to an MCP host, such as VS Code, or remove it")
    if argv is not None and "install" in argv:
        add_install_options(install)
    health = add_command(
        "health",
        help="check whether the HTTP server is alive, such as this container's: exit code 0 or 1",
        description="Checks whether the HTTP server is alive, where the options of the container's first "
        "process and the environment variables say that it listens; options given here override them. Exit "
        "code: 0 if it is alive or serves over standard input and output, 1 if not, with the reason.",
    )
    if argv is None or "health" in argv:
        add_settings_options(health, exclude=WITHOUT_ADDRESS)
    return parser
