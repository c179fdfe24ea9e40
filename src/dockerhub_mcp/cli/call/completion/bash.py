"""The script for bash, 3.2 and later; it works with the bash-completion package and without."""

from __future__ import annotations

import shlex

from dockerhub_mcp.cli.call.completion.model import Facts
from dockerhub_mcp.cli.call.completion.posix_case import offered, offers, value_function

_HEAD = """\
# Completion of dockerhub-mcp %s in bash. Install it: dockerhub-mcp completion bash > \
~/.local/share/bash-completion/completions/dockerhub-mcp
# Without the bash-completion package, in ~/.bashrc: source <(dockerhub-mcp completion bash)
# Made by the program from its own options and tools; make it anew after an upgrade.
"""
_BODY = """\
_dockerhub_mcp() {
  local line=${COMP_LINE:0:COMP_POINT} here=${COMP_WORDS[COMP_CWORD]} command='' tool='' word='' before=''
  local current=${line##*[[:space:]]} i=1 found='' REPLY='' flag='' start='' value=''
  local -a options=() plain=()
  COMPREPLY=()
  # bash splits words at =, : and @, so the whole word is taken from the line, and what bash has of it already
  # is left out of the answers again. Of an @ it says that it splits, but does not.
  local piece=$here
  case $here in =|:) here='' ;; @) ;; *) [[ ${COMP_WORDS[COMP_CWORD - 1]} == @ ]] && here=@$here ;; esac
  while ((i < COMP_CWORD)); do
    word=${COMP_WORDS[i]}
    case $word in
      [=:@]*) ((i++)) ;;
      -*)
        before=''
        if [[ ${COMP_WORDS[i + 1]-} == = ]]; then
          ((i += 2))
        else
          __dockerhub_mcp_value "$command${tool:+ $tool}" "$word"
          if [[ $REPLY ]]; then before=$word; ((i++)); fi
        fi ;;
      *)
        before=''
        if [[ ! $command ]]; then command=$word
        elif [[ $command == call && ! $tool ]]; then tool=${word//-/_}
        fi ;;
    esac
    ((i++))
  done
  local place="$command${tool:+ $tool}"
  __dockerhub_mcp_offers "$place"
  case $current in
    --*=*) flag=${current%%=*} start="${current%%=*}=" ;;
    *) if ((i > COMP_CWORD)) || [[ $current != "$piece" ]]; then flag=$before; fi ;;
  esac
  if [[ $flag ]]; then
    value=${current#"$start"}
    __dockerhub_mcp_value "$place" "$flag"
    local IFS=$'\\n'
    case $REPLY in
      '<file>'|'<dir>')
        case $value in @*) start="$start@" value=${value#@} ;; esac
        if [[ $REPLY == '<dir>' ]]; then COMPREPLY=($(compgen -d -- "$value"))
        else COMPREPLY=($(compgen -f -- "$value"))
        fi
        compopt -o filenames 2>/dev/null
        ;;
      '<value>'|'') ;;
      '<list> '*)
        case $value in *,*) start="$start${value%,*}," value=${value##*,} ;; esac
        found=${REPLY#'<list> '} ;;
      *) found=$REPLY ;;
    esac
  elif [[ $current == -* ]]; then found="${options[*]}" value=$current
  else found="${plain[*]}" value=$current
  fi
  if [[ $found ]]; then
    local IFS=$' \\t\\n'
    COMPREPLY=($(compgen -W "$found" -- "$value"))
  fi
  local cut=${current%"$here"} n
  for n in "${!COMPREPLY[@]}"; do
    word="$start${COMPREPLY[n]}"
    COMPREPLY[n]=${word#"$cut"}
  done
}
complete -F _dockerhub_mcp dockerhub-mcp
"""


def script(facts: Facts) -> str:
    """Return the script."""
    shared = " ".join(map(shlex.quote, offered(facts.shared)))
    lines = [
        *value_function(facts),
        "__dockerhub_mcp_offers() {",
        f"  local -a shared=({shared})",
        '  case "$1" in',
        *offers(facts, lambda words: " ".join(map(shlex.quote, words)), '"${shared[@]}"'),
        "  esac",
        "}",
    ]
    return _HEAD % facts.version + "\n".join(lines) + "\n" + _BODY
