"""Completion scripts for shells, made by shtab from the parsers of all commands and tools.

A script holds everything that it completes, so that no key press waits for Python to start.
"""

from __future__ import annotations

import argparse
import json
import re

import shtab

from dockerhub_mcp.cli.call.argument_names import Schema
from dockerhub_mcp.cli.call.parser import build_parser
from dockerhub_mcp.tools.catalog.index import load_tool_infos
from dockerhub_mcp.tools.toolsets import TOOLSET_NAMES

SCRIPT_PATHS = {
    "bash": "~/.local/share/bash-completion/completions/dockerhub-mcp",
    "zsh": '"${fpath[1]}/_dockerhub-mcp"',
    "fish": "~/.config/fish/completions/dockerhub-mcp.fish",
}
"""Where each supported shell looks for the script."""

_HEADER = """\
# Install it: dockerhub-mcp completion {shell} > {path}
# Then start a new shell, or read the script with `source`. Print it again after an upgrade.
"""
_SHTAB_HEADER = re.compile(r"^# AUTOMATICALLY GENERATED.*?^# See also:.*?\n", re.MULTILINE | re.DOTALL)
_SUMMARY_END = re.compile(r"\n|\. | \[|\.$")

# bash splits words at = and :, while shtab expects an option and its value as two whole words. The @
# before a file name and the items before the last of a list are kept out, too.
_BASH_WRAPPER = r"""
_dockerhub_mcp() {
  local line=${COMP_LINE:0:COMP_POINT} COMP_CWORD word start=''
  local -a COMP_WORDS
  read -ra COMP_WORDS <<<"${line//=/ }"
  [[ $line == *[=[:space:]] ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  word=${COMP_WORDS[COMP_CWORD]}
  case $word in @*) start=@ ;; *,*) start=${word%,*}, ;; esac
  COMP_WORDS[COMP_CWORD]=${word#"$start"}
  _shtab_dockerhub_mcp
  COMPREPLY=("${COMPREPLY[@]/#/$start}")
  COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
}
complete -F _dockerhub_mcp dockerhub-mcp
"""
_FISH_FUNCTIONS = r"""
function __dockerhub_mcp_value; string replace -r -- '^--[^=]*=' '' (commandline -ct); end
function __dockerhub_mcp_json_file
    set -l value (__dockerhub_mcp_value)
    set -l start (string match -r -- '^@' $value; or echo '')
    string replace -r -- '^' "$start" (__fish_complete_path (string replace -r -- '^@' '' $value))
end
function __dockerhub_mcp_list
    string replace -r -- '^' (string match -r -- '.*,' (__dockerhub_mcp_value); or echo '') $argv
end
"""
_JSON_FILE = {**shtab.FILE, "zsh": "{compset -P @; _files}", "fish": "(__dockerhub_mcp_json_file)"}


def build_completion_script(shell: str, parser: argparse.ArgumentParser, snapshot: str) -> str:
    """Return the completion script for a shell.

    Args:
        shell: One of SCRIPT_PATHS.
        parser: The parser of the command line, with the options of all commands.
        snapshot: The content of `responses.json`, which has the descriptions and schemas of all tools.
    """
    call = build_parser()
    tools = call.add_subparsers(metavar="TOOL")
    content = json.loads(snapshot)
    entries = content["lists"]["tools/list"]["entries"]
    for info in load_tool_infos():
        name, (head, _, tail) = info.name, entries[info.name]
        tool = json.loads(head + tail)
        tools.add_parser(name, help=tool["description"])
        tools.choices[name] = build_parser(
            tool["inputSchema"], _get_description, secrets=info.secret_arguments
        )
        # zsh completes options after a word only if words are expected.
        vars(tools.choices[name].add_argument("words", nargs="*"))["complete"] = {"zsh": "( )"}
    commands = next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001
    commands.choices["call"] = call
    _prepare(parser, shell)
    script = shtab.complete(parser, shell, preamble=_FISH_FUNCTIONS if shell == "fish" else "")
    header = _HEADER.format(shell=shell, path=SCRIPT_PATHS[shell])
    script = _SHTAB_HEADER.sub(lambda _: header, script, count=1)
    # shtab expects its script for zsh to be read with `eval` or from the function path, not with `source`.
    script = script.replace("zsh_eval_context[-1] == eval", "zsh_eval_context[-1] == (eval|file)")
    return script + (_BASH_WRAPPER if shell == "bash" else "\n")


def _get_description(name: str, schema: Schema) -> str:
    return str(schema["properties"][name].get("description", ""))


def _prepare(parser: argparse.ArgumentParser, shell: str) -> None:
    """Shorten the help of all commands and options, and set how the shell completes their values."""
    for action in parser._actions:  # noqa: SLF001
        action.help = _summarize(action.help)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action._choices_actions:  # noqa: SLF001
                command.help = _summarize(command.help)
            for subparser in action.choices.values():
                subparser.description = None  # which shells would show in place of the short help
                _prepare(subparser, shell)
        elif action.nargs == "?" and not action.choices:
            action.nargs = 0  # the value of a secret is never on the command line
        else:
            _set_completion(action, shell)
        if shell == "zsh" and action.nargs != 0:  # so that zsh takes --option=value as well
            action.option_strings = [re.sub("^--.*", r"\g<0>=", word) for word in action.option_strings]


def _set_completion(action: argparse.Action, shell: str) -> None:
    """Set how values that argparse knows no choices for are completed."""
    placeholder = str(action.metavar or action.dest)
    if action.dest == "toolsets":
        placeholder = f"{'|'.join(TOOLSET_NAMES)},..."
    if action.dest == "arguments":
        vars(action)["complete"] = _JSON_FILE
    elif placeholder.lower() in {"file", "dir"}:
        vars(action)["complete"] = shtab.FILE if placeholder == "FILE" else shtab.DIRECTORY
    elif placeholder.endswith(",..."):
        action.choices = placeholder[:-4].split("|")
        words = " ".join(action.choices)
        escaped = words.replace(":", r"\:")  # separates the parts of a specification in zsh
        action.metavar = "list"
        if shell == "zsh":
            vars(action)["complete"] = {"zsh": f"{{compset -P '*,'; compadd -S '' -- {escaped}}}"}
        elif shell == "fish":
            vars(action)["complete"] = {"fish": f"(__dockerhub_mcp_list {words})"}


def _summarize(text: str | None) -> str | None:
    """Return the first sentence of a help text."""
    return text and _SUMMARY_END.split(text, maxsplit=1)[0]
