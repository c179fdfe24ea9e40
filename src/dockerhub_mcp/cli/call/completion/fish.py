"""The script for fish: one function, so that one key asks one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dockerhub_mcp.cli.call.completion.model import Facts
from dockerhub_mcp.cli.call.completion.posix_case import offered

_HEAD = """\
# Completion of dockerhub-mcp %s in fish. Install it: dockerhub-mcp completion fish > \
~/.config/fish/completions/dockerhub-mcp.fish
# Made by the program from its own options and tools; make it anew after an upgrade.
"""
_BODY = """\
function __dockerhub_mcp
    set -l command ''
    set -l tool ''
    set -l before ''
    for word in (commandline -opc)[2..-1]
        if test -n "$before"
            set before ''
            continue
        end
        switch $word
            case '--*=*'
            case '-*'
                if test -n "$(__dockerhub_mcp_value (string trim "$command $tool") $word)"
                    set before $word
                end
            case '*'
                if test -z "$command"
                    set command $word
                else if test "$command" = call -a -z "$tool"
                    set tool (string replace -a -- - _ $word)
                end
        end
    end
    set -l place (string trim "$command $tool")
    set -l current (commandline -ct)
    set -l start ''
    if string match -q -- '--*=*' $current
        set before (string replace -r '=.*' '' -- $current)
        set start "$before="
    end
    if test -z "$before"
        __dockerhub_mcp_offers "$place"
        return
    end
    set -l value (string sub -s (math (string length -- "$start") + 1) -- $current)
    set -l known (__dockerhub_mcp_value "$place" $before)
    switch "$known"
        case '<file>'
            if string match -q '@*' -- $value
                set start "$start@"
                set value (string sub -s 2 -- $value)
            end
            for path in (__fish_complete_path "$value")
                echo "$start$path"
            end
        case '<dir>'
            for path in (__fish_complete_directories "$value")
                echo "$start$path"
            end
        case '<value>' ''
        case '<list> *'
            set start $start(string match -r '.*,' -- $value; or echo '')
            for choice in (string split ' ' -- $known)[2..-1]
                echo "$start$choice"
            end
        case '*'
            for choice in (string split ' ' -- $known)
                echo "$start$choice"
            end
    end
end
complete -c dockerhub-mcp -f -a '(__dockerhub_mcp)'
"""


def script(facts: Facts) -> str:
    """Return the script."""
    lines = ["function __dockerhub_mcp_value", '    switch "$argv[1] $argv[2]"']
    lines += _cases({where: value for where, value in facts.values.items() if " " in where})
    lines += ["    end", '    switch "$argv[2]"']
    lines += _cases({where: value for where, value in facts.values.items() if " " not in where})
    lines += ["    end", "end", "function __dockerhub_mcp_shared", *_said(offered(facts.shared)), "end"]
    lines += ["function __dockerhub_mcp_offers", '    switch "$argv[1]"']
    for name, place in facts.places.items():
        lines.append(f"        case {_quoted(name)}")
        lines += _said({**place.words, **offered(place.options)})
        lines += ["            __dockerhub_mcp_shared"] if place.shares else []
    return _HEAD % facts.version + "\n".join([*lines, "    end", "end"]) + "\n" + _BODY


def _cases(values: Mapping[str, str]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for where, value in values.items():
        groups.setdefault(value, []).append(where)
    lines = []
    for value, wheres in groups.items():
        lines += [f"        case {' '.join(map(_quoted, wheres))}", f"            echo {_quoted(value)}"]
        lines += ["            return"]
    return lines


def _said(words: Mapping[str, str]) -> list[str]:
    if not words:
        return []
    said: Sequence[str] = [f"{word}\t{about}" if about else word for word, about in words.items()]
    return [f"            printf '%s\\n' {' '.join(map(_quoted, said))}"]


def _quoted(text: str) -> str:
    """Return a text in single quotes, in which fish reads a backslash and a quote alone."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
