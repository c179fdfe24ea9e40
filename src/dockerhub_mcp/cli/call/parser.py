"""Parse the command line of `dockerhub-mcp call` with argparse, from the input schema of the tool.

Options of the call and of the server may stand on both sides of the tool's name. After it, an argument of
the tool takes precedence over an option of the same name, and may also be a word such as page_size=5.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from dockerhub_mcp.cli.call.argument_names import (
    Schema,
    format_option,
    list_positionals,
    split_named_word,
)
from dockerhub_mcp.cli.call.argument_values import (
    PROMPT,
    SECRET_PARSING,
    CallUsageError,
    choose_parsing,
    read_arguments,
)
from dockerhub_mcp.cli.call.request import CallRequest
from dockerhub_mcp.cli.options import SERVING_SETTINGS, add_default_values, add_settings_options
from dockerhub_mcp.cli.safe_messages import quote_word
from dockerhub_mcp.tools.suggestions import find_arguments, has_known_meaning

PROGRAM = "dockerhub-mcp call"

_OUTPUT_HELP = "text: exactly what an agent sees; table: columns; json: the complete data, for jq"
_ARGUMENTS_HELP = """arguments as an agent sends them: a JSON object, @ and a file name, or - for standard
input; arguments given as options override it"""
_WIDE_HELP = """with --output table: whole values, one line for each item, which is the default without a
terminal; --no-wide fits the lines into the terminal or COLUMNS"""
_BATCH_HELP = """instead of TOOL: read a call from each line of standard input, and write a JSON object
for each"""
_PREFIX = "argument "  # of a tool argument in the namespace, where settings have their plain names


class CallParser(argparse.ArgumentParser):
    """An argument parser that raises CallUsageError, and accepts options in the spelling of the schema."""

    def __init__(self, **options: Any) -> None:
        defaults = {"prog": PROGRAM, "argument_default": argparse.SUPPRESS, "conflict_handler": "resolve"}
        super().__init__(**defaults | options, add_help=False, allow_abbrev=False)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse words after bringing options to their canonical spelling."""
        end = args.index("--") if "--" in args else len(args)
        words = [*map(self._canonicalize, self._join_flags(args[:end])), *args[end:]]
        return super().parse_known_args(add_default_values(self, words), namespace)

    def _join_flags(self, words: Sequence[str]) -> Iterator[str]:
        """Yield the words, with `true` or `false` behind an option that is one of them as its value."""
        waiting = ""
        for word in words:
            if waiting and word.lower() in {"true", "false"}:
                yield f"{waiting}={word}"
                waiting = ""
                continue
            if waiting:
                yield waiting
            option = format_option(word[2:]) if word.startswith("--") else ""
            is_flag = isinstance(self._option_string_actions.get(option), argparse.BooleanOptionalAction)
            waiting = word if is_flag else ""
            if not is_flag:
                yield word
        if waiting:
            yield waiting

    def _canonicalize(self, word: str) -> str:
        """Turn --page_size=5 into --page-size=5, and --is-private=false into --no-is-private."""
        name, equals, value = word.partition("=")
        option = format_option(name[2:])
        action = self._option_string_actions.get(option) if word.startswith("--") else None
        if isinstance(action, argparse.BooleanOptionalAction) and equals:
            if value.lower() not in {"true", "false"}:
                self.error(f"{option} is true or false, not {value!r}")
            return option if value.lower() == "true" else f"--no-{option[2:]}"
        return word if action is None else option + equals + value

    def reject_option(self, word: str, remedy: str) -> NoReturn:
        """Raise the error for an unknown option, with the nearest one that exists or else a remedy."""
        # The value of a short option may be attached to it.
        option = word.partition("=")[0] if word.startswith("--") else word[:2]
        near = self._find_options(option)
        self.error(f"there is no option {option}; {f'did you mean {near[0]}?' if near else remedy}")

    def parse_named_word(self, word: str, *, may_be_secret: bool) -> str:
        """Return a word such as page_size=5 as the option of the argument that it names; others as they are.

        Args:
            word: A word that is not an option.
            may_be_secret: Whether an error must not repeat the word.
        """
        named = split_named_word(word)
        if named is None:
            return word
        name, value = named
        option = format_option(name)
        action = self._option_string_actions.get(option)
        if action is None or not action.dest.startswith(_PREFIX):
            self._reject_name(option, quote_word(name, may_be_secret=may_be_secret))
        return f"{option}={value}"

    def reject_repeated_names(
        self, words: Sequence[str], given: Collection[str], lists: Collection[str]
    ) -> None:
        """Raise an error for a word that gives another value to an argument, unless its values are a list.

        Args:
            words: Words that name an argument, as options.
            given: The names in the namespace of what was given otherwise.
            lists: The arguments that are lists.
        """
        found = set(given)
        for word in words:
            dest = self._option_string_actions[word.partition("=")[0]].dest
            name = dest.removeprefix(_PREFIX)
            if dest in found and name not in lists:
                self.error(f"{name} is given twice; leave one of them out")
            found.add(dest)

    def _reject_name(self, option: str, quoted_name: str) -> NoReturn:
        """Raise the error for a word that names no argument, with the nearest ones and all that exist."""
        known = [
            action.dest.removeprefix(_PREFIX)
            for action in dict.fromkeys(self._option_string_actions.values())
            if action.dest.startswith(_PREFIX) and action.help != argparse.SUPPRESS
        ]
        near = self._find_options(option)
        meant = f"; did you mean {self._format_name(near[0])}?" if near else "."
        self.error(
            f"there is no argument {quoted_name}{meant} There are {', '.join(known)}. "
            "Behind --, a word that contains = is taken as it is"
        )

    def _format_name(self, option: str) -> str:
        """Return how a word names the argument of an option; the option itself if it is of the server."""
        dest = self._option_string_actions[option].dest
        return f"{dest.removeprefix(_PREFIX)}=" if dest.startswith(_PREFIX) else option

    def _find_options(self, option: str) -> list[str]:
        """Return the options that an unknown one probably means, the arguments of the tool first."""
        arguments = {
            name: each
            for each, action in self._option_string_actions.items()
            if (name := action.dest.removeprefix(_PREFIX)) != action.dest and action.help != argparse.SUPPRESS
        }
        meant = [arguments[name] for name in find_arguments(option[2:], list(arguments))]
        if meant or has_known_meaning(option[2:]):
            return meant
        return get_close_matches(option, self._option_string_actions, n=1)

    def error(self, message: str) -> NoReturn:
        """Raise a CallUsageError instead of ending the process."""
        if message.endswith("expected one argument"):
            message += "; one that begins with a dash is written --option=-value"
        raise CallUsageError(message)


def build_parser(
    schema: Schema | None = None,
    describe: Callable[[str, Schema], str] = lambda _name, _schema: "",
    *,
    aliases: Sequence[str] = (),
    secrets: Collection[str] = (),
    show_settings: bool = True,
    **options: Any,
) -> CallParser:
    """Return a parser of the options of every call and, with an input schema, of the arguments of a tool.

    Args:
        schema: The input schema of the tool.
        describe: Returns the help text of an argument, given its name and the input schema.
        aliases: Further names of arguments, which help does not show.
        secrets: The arguments with secrets, which are never on the command line.
        show_settings: Whether help lists the options of the server.
        options: Passed to argparse.
    """
    parser = CallParser(**options)
    arguments = parser.add_argument_group("arguments")
    call = parser.add_argument_group("options of the call")
    call.add_argument("-o", "--output", choices=("text", "table", "json"), help=_OUTPUT_HELP)
    call.add_argument("--arguments", metavar="JSON", help=_ARGUMENTS_HELP)
    call.add_argument("--wide", action=argparse.BooleanOptionalAction, help=_WIDE_HELP)
    call.add_argument("--batch", action="store_true", help=_BATCH_HELP)
    call.add_argument("-y", "--yes", action="store_true", help="confirm a change in advance")
    call.add_argument(
        "-h", "--help", action="store_true", help="show help; after a tool's name, on its arguments"
    )
    server = parser.add_argument_group("options of the server; in brackets the environment variable")
    add_settings_options(server, include_http=False, exclude=SERVING_SETTINGS)
    for action in [] if show_settings else server._group_actions:  # noqa: SLF001
        action.help = argparse.SUPPRESS
    if schema is not None:
        required = schema.get("required", ())
        for name in sorted(schema["properties"], key=lambda name: name not in required):
            parsing = SECRET_PARSING if name in secrets else choose_parsing(schema["properties"][name])
            text = describe(name, schema).replace("%", "%%")
            arguments.add_argument(format_option(name), dest=_PREFIX + name, help=text, **parsing)
        for name in aliases:
            arguments.add_argument(format_option(name), dest=_PREFIX + name, help=argparse.SUPPRESS)
    return parser


def parse_call(
    argv: Sequence[str],
    find_schema: Callable[[str], Schema | None],
    read_stdin: Callable[[], str],
    find_aliases: Callable[[str], Sequence[str]] = lambda _tool: (),
    find_secrets: Callable[[str], Collection[str]] = lambda _tool: (),
) -> CallRequest:
    """Parse the words after `dockerhub-mcp call`.

    Args:
        argv: The words.
        find_schema: Returns the input schema of a tool, or None for an unknown name, left to the registry.
        read_stdin: Returns the text on standard input, for `--arguments -`.
        find_aliases: Returns further names of a tool's arguments.
        find_secrets: Returns the arguments of a tool that must not be on the command line, which other users
            can list.

    Raises:
        CallUsageError: The words do not form a call. Missing arguments and limits are left to the tool.
    """
    parser = build_parser()
    parser.add_argument("words", nargs=argparse.PARSER).required = False
    namespace, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.reject_option(unknown[0], f"a tool's arguments follow its name: {PROGRAM} TOOL {unknown[0]}")
    values = vars(namespace)
    name, *words = values.pop("words", [""])
    tool = name.replace("-", "_")
    schema = find_schema(tool) if name else None
    secrets = () if schema is None else find_secrets(tool)
    if schema is not None:
        _parse_tool_arguments(tool, schema, words, namespace, aliases=find_aliases(tool), secrets=secrets)
    request = CallRequest(name if schema is None else tool)
    if values.get("batch"):
        _check_batch(name, values)
        values.setdefault("output", "json")
    source = values.pop("arguments", None)
    if source is not None and schema is not None:
        request.arguments = read_arguments(source, secrets, read_stdin)
    for key, value in values.items():
        if key in {"output", "wide", "batch", "yes", "help"}:
            setattr(request, key, value)
        elif not key.startswith(_PREFIX):
            request.settings[key] = value
        elif value is PROMPT:
            request.secrets.append(key.removeprefix(_PREFIX))
        else:
            request.arguments[key.removeprefix(_PREFIX)] = value
    return request


def _check_batch(tool: str, values: Mapping[str, Any]) -> None:
    """Refuse what only a single call takes beside --batch."""
    if tool or "arguments" in values:
        msg = "--batch reads tools and arguments from standard input; leave out "
        raise CallUsageError(msg + (f"the tool {tool!r}" if tool else "--arguments"))
    if values.get("output") == "table":
        msg = "--batch writes a JSON object on each line; with --output text, it has the text for agents"
        raise CallUsageError(msg)


def _parse_tool_arguments(
    tool: str,
    schema: Schema,
    words: Sequence[str],
    namespace: argparse.Namespace,
    *,
    aliases: Sequence[str],
    secrets: Collection[str],
) -> None:
    """Parse the words after the name of a tool: options, then other words as if they were options."""
    parser = build_parser(schema, aliases=aliases, secrets=secrets)
    _, words = parser.parse_known_args(words, namespace)
    end = words.index("--") if "--" in words else len(words)
    for word in words[:end]:
        if word.startswith("-"):
            parser.reject_option(word, f"see {PROGRAM} {tool} --help")
    takes_secret = bool(secrets)
    parsed = [parser.parse_named_word(word, may_be_secret=takes_secret) for word in words[:end]]
    named = [word for word in parsed if word.startswith("--")]
    lists = {name for name, each in schema["properties"].items() if each.get("type") == "array"}
    parser.reject_repeated_names(named, vars(namespace), lists)
    parser.parse_args(named, namespace)
    words = [*(word for word in parsed if not word.startswith("--")), *words[end + 1 :]]
    names = list_positionals(schema, secrets)
    takes_list = bool(names) and schema["properties"][names[-1]].get("type") == "array"
    if len(words) > len(names) and not takes_list:
        expected = " ".join(map(str.upper, names)) or "no words"
        quoted = quote_word(words[len(names)], may_be_secret=takes_secret)
        parser.error(f"{quoted} is one word too many: {tool} takes {expected}; the rest are options")
    for name, word in zip(names, words, strict=False):
        if _PREFIX + name in namespace:
            quoted = quote_word(word, may_be_secret=takes_secret)
            parser.error(f"{name} is given twice: as {format_option(name)}, and as the word {quoted}")
    names += names[-1:] * (len(words) - len(names))
    pairs = zip(names, words, strict=False)
    parser.parse_args([f"{format_option(name)}={word}" for name, word in pairs], namespace)
