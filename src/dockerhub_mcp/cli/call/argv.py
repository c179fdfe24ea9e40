"""From the words behind `dockerhub-mcp call` to what is asked: which tool, which arguments, which options.

Before the tool's name stand options of the call and of the server; behind it the tool's arguments. An option
that is no argument of the tool may stand behind its name as well.
"""

from __future__ import annotations

import json
import re
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dockerhub_mcp.cli.call import options
from dockerhub_mcp.cli.call.arguments import Argument, arguments_of, key_of, words_of
from dockerhub_mcp.cli.call.options import Option

_NEAR = 0.75  # how alike an option must be to be offered


class WordsError(ValueError):
    """Words that make no call; the message names them and says what to write instead."""


@dataclass(slots=True)
class Asked:
    """What is asked.

    Attributes:
        tool: The tool; empty where none is named.
        arguments: Its arguments, as an agent would send them.
        hidden: Arguments whose values are to be asked for, unseen.
        settings: Options of the server, as they were written.
        output: How the result is shown.
        yes: Whether questions are answered with yes.
        help: Whether help is wanted instead.
        hints: What else may have been meant, a sentence each.
    """

    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    hidden: list[Argument] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    output: str = "text"
    yes: bool = False
    help: bool = False
    hints: list[str] = field(default_factory=list)


def read_words(words: Iterable[str], schemas: Mapping[str, Mapping[str, Any]]) -> Asked:
    """Read the words.

    Args:
        words: What stands behind `call`.
        schemas: The input schemas of all tools by their names.

    Raises:
        WordsError: They make no call. An argument that the tool does not have, or a value that does not fit,
            is left for the tool to refuse.
    """
    return _Reader(words, schemas).read()


class _Reader:
    def __init__(self, words: Iterable[str], schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self._rest = deque(words)
        self._schemas = schemas
        self._known: dict[str, Argument] = {}
        self._plain: list[str] = []
        self._given: dict[str, list[str]] = {}  # by the key of the argument
        self._strange: dict[str, Any] = {}
        self._base: dict[str, Any] = {}
        self.asked = Asked()

    def read(self) -> Asked:
        asked = self.asked
        while self._rest:
            word = self._rest.popleft()
            if word == "--" and asked.tool:
                self._plain += self._rest
                break
            if word.startswith("--"):
                self._option(word)
            elif word in options.SHORT:
                self._take(options.SHORT[word], word, None)
            elif re.match(r"-[A-Za-z]", word):
                msg = f"there is no option {word}; the short ones are {', '.join(options.SHORT)}"
                raise WordsError(msg)
            elif asked.tool:
                self._plain.append(word)
            elif not self._names_tool(word):
                return asked  # which tool was meant is for the registry to say
        self._collect()
        return asked

    def _names_tool(self, word: str) -> bool:
        tool = word.replace("-", "_")
        if tool not in self._schemas:
            self.asked.tool = word
            return False
        self.asked.tool = tool
        self._known = arguments_of(self._schemas[tool])
        return True

    def _option(self, word: str) -> None:
        written, equals, text = word.partition("=")
        value = text if equals else None
        key = key_of(written[2:])
        if key in self._known:
            self._argument(self._known[key], written, value)
        elif (argument := self._known.get(key.removeprefix("no-"))) and argument.is_switch and value is None:
            self._given.setdefault(key.removeprefix("no-"), []).append("false")
        elif option := options.ALL.get(key.replace("-", "_")):
            self._take(option, written, value)
        elif (other := options.ALL.get(key.removeprefix("no-").replace("-", "_"))) and other.switch:
            self._take(other, written, value, is_no=True)
        else:
            self._unknown(written, value)

    def _argument(self, argument: Argument, written: str, value: str | None) -> None:
        key = key_of(argument.name)
        if argument.is_secret:
            if value is not None or (self._rest and not self._rest[0].startswith("-")):
                msg = (
                    f"{written} takes no value here: others would see it in the list of processes. Leave the "
                    "value out to be asked for it, or send the arguments with --arguments @FILE or -"
                )
                raise WordsError(msg)
            self.asked.hidden.append(argument)
            return
        if argument.is_switch and value is None:
            is_said = bool(self._rest) and self._rest[0].lower() in {"true", "false"}
            value = self._rest.popleft() if is_said else "true"
        elif value is None:
            value = self._next(written)
        self._given.setdefault(key, []).append(value)

    def _take(self, option: Option, written: str, value: str | None, *, is_no: bool = False) -> None:
        asked = self.asked
        if option not in options.OWN:
            if option.switch:
                asked.settings[option.name] = (not is_no) if value is None else value
            else:
                asked.settings[option.name] = self._next(written) if value is None else value
        elif option.switch:
            if value is not None or is_no:
                msg = f"{option.flag} takes no value and has no opposite; leave it out instead"
                raise WordsError(msg)
            setattr(asked, option.name, True)
        else:
            value = self._next(written) if value is None else value
            if option.choices and value not in option.choices:
                msg = f"{written} must be one of {', '.join(option.choices)}, not {value!r}"
                raise WordsError(msg)
            if option.name == "arguments":
                self._base = self._whole(value)
            else:
                asked.output = value

    def _unknown(self, written: str, value: str | None) -> None:
        flags = [option.flag for option in options.ALL.values()]
        near = get_close_matches(written, flags, n=1, cutoff=_NEAR)
        if not self.asked.tool:
            offered = f"; did you mean {near[0]}?" if near else "."
            msg = (
                f"there is no option {written}{offered} A tool's arguments stand behind its name: "
                f"dockerhub-mcp call TOOL {written} ..."
            )
            raise WordsError(msg)
        if near:
            self.asked.hints.append(f"{written} may be meant as the option {near[0]}.")
        if value is None and self._rest and not self._rest[0].startswith("-"):
            value = self._rest.popleft()
        self._strange[written[2:].replace("-", "_")] = True if value is None else value

    def _next(self, written: str) -> str:
        if not self._rest or self._rest[0].startswith("--"):
            msg = f"{written} needs a value (one that begins with two dashes is written {written}=--...)"
            raise WordsError(msg)
        return self._rest.popleft()

    def _whole(self, text: str) -> dict[str, Any]:
        """Read the arguments as one JSON object."""
        try:
            if text == "-":
                source, said = "standard input", sys.stdin.read() if sys.stdin else ""
            elif text.startswith("@"):
                source, said = text[1:], Path(text[1:]).expanduser().read_text("utf-8")
            else:
                source, said = "its value", text
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror or error) if isinstance(error, OSError) else "it is not UTF-8"
            msg = f"--arguments {text} cannot be read: {why}"
            raise WordsError(msg) from None
        try:
            value = json.loads(said)
        except (ValueError, RecursionError) as error:
            msg = f"--arguments: {source} is no JSON: {error}"
            raise WordsError(msg) from None
        if not isinstance(value, dict):
            msg = f'--arguments: {source} must be an object such as {{"repository": "redis"}}'
            raise WordsError(msg)
        if source == "its value":
            self._refuse_seen_secrets(value)
        return value

    def _refuse_seen_secrets(self, value: dict[str, Any]) -> None:
        """Refuse secrets in words; the tool's name may come later, so those of every tool count."""
        secret = {
            argument.name
            for schema in self._schemas.values()
            for argument in arguments_of(schema).values()
            if argument.is_secret
        }
        if seen := sorted(secret & value.keys()):
            msg = (
                f"--arguments: {', '.join(seen)} would be seen by others in the list of processes; send the "
                "arguments with --arguments @FILE or -"
            )
            raise WordsError(msg)

    def _collect(self) -> None:
        asked = self.asked
        if asked.tool:
            self._place_plain_words()
        named = {self._known[key].name: self._known[key].value(texts) for key, texts in self._given.items()}
        asked.arguments = self._base | named | self._strange

    def _place_plain_words(self) -> None:
        places = words_of(self._schemas[self.asked.tool])
        is_list = bool(places) and places[-1].kind == "array"  # which takes all further words
        if len(self._plain) > len(places) and not is_list:
            takes = " ".join(place.name.upper() for place in places) or "no plain words"
            extra = self._plain[len(places)]
            msg = f"{extra!r} is one word too many: {self.asked.tool} takes {takes}; the rest are options"
            raise WordsError(msg)
        for number, text in enumerate(self._plain):
            place = places[min(number, len(places) - 1)]
            key = key_of(place.name)
            if number < len(places) and key in self._given:
                msg = f"{place.name} is given twice: as {place.flag}, and as the word {text!r}"
                raise WordsError(msg)
            self._given.setdefault(key, []).append(text)
