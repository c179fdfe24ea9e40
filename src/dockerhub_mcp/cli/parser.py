"""A command line's own reading, which blames the option that does not exist and not what stands behind it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

_UNRECOGNIZED_PREFIX = "unrecognized arguments: "
_INVALID_COMMAND_PREFIX = "argument command: invalid choice: "


class CommandLineParser(argparse.ArgumentParser):
    """Reads words; where an option does not exist it says so in one line, and offers the near one."""

    commands: Mapping[str, argparse.ArgumentParser]
    _argv: Sequence[str] = ()

    def __init__(self, **options: Any) -> None:
        """Make a parser that takes no abbreviations: what is short for one option may be for two tomorrow."""
        super().__init__(**{"allow_abbrev": False} | options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read words; what is left over is told by `error`."""
        self._argv = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(self._argv, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what cannot be read, and end with code 2.

        The word behind an unknown option looks like a command to argparse, and would be blamed instead.
        """
        if message.startswith(_INVALID_COMMAND_PREFIX):
            self._reject_unknown_option(self._argv, self)
        elif message.startswith(_UNRECOGNIZED_PREFIX):
            commands = getattr(self, "commands", {})
            parser = next((commands[word] for word in self._argv if word in commands), self)
            self._reject_unknown_option(message.removeprefix(_UNRECOGNIZED_PREFIX).split(), parser)
        super().error(message)

    def _reject_unknown_option(self, arguments: Sequence[str], parser: argparse.ArgumentParser) -> None:
        """End with the first of the words that is an option and that the parser does not know."""
        known = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001
        for word in arguments:
            option = word.partition("=")[0]
            if option.startswith("--") and option not in {"--", *known}:
                from difflib import get_close_matches  # noqa: PLC0415 - when it is too late to be quick

                near = get_close_matches(option, known, n=1, cutoff=0.6)
                instead = (
                    f"did you mean {near[0]}?" if near else f"{parser.prog} --help shows those there are"
                )
                self.exit(2, f"{self.prog}: there is no option {option}; {instead}\n")
