"""The script for zsh, with what each word means beside it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from dockerhub_mcp.cli.call.completion.model import Facts
from dockerhub_mcp.cli.call.completion.posix_case import offered, offers, value_function

_HEAD = """\
#compdef dockerhub-mcp
# Completion of dockerhub-mcp %s in zsh. Install it: \
dockerhub-mcp completion zsh > "${fpath[1]}/_dockerhub-mcp"
# (or into any directory of $fpath, before compinit), then start a new shell.
# Made by the program from its own options and tools; make it anew after an upgrade.
"""
_BODY = """\
_dockerhub_mcp() {
  local command='' tool='' word='' before='' flag='' REPLY=''
  local -a options plain shared
  integer i=2
  while ((i < CURRENT)); do
    word=$words[i] before=''
    case $word in
      --*=*) ;;
      -?*)
        __dockerhub_mcp_value "$command${tool:+ $tool}" "$word"
        if [[ -n $REPLY ]]; then before=$word; ((i++)); fi ;;
      *)
        if [[ -z $command ]]; then command=$word
        elif [[ $command == call && -z $tool ]]; then tool=${word//-/_}
        fi ;;
    esac
    ((i++))
  done
  local place="$command${tool:+ $tool}" current=$words[CURRENT]
  __dockerhub_mcp_offers "$place"
  if [[ $current == --*=* ]]; then
    flag=${current%%=*}
    compset -P 1 '*='
  elif ((i > CURRENT)); then
    flag=$before
  fi
  if [[ -n $flag ]]; then
    __dockerhub_mcp_value "$place" "$flag"
    case $REPLY in
      '<file>') compset -P '@'; _files ;;
      '<dir>') _files -/ ;;
      '<value>'|'') _message 'a value' ;;
      '<list> '*) compset -P '*,'; compadd -S '' -- ${=REPLY#'<list> '} ;;
      *) compadd -- ${=REPLY} ;;
    esac
  elif [[ $current == -* ]]; then
    _describe -o 'option' options
  elif (($#plain)); then
    _describe 'word' plain
  else
    _describe -o 'option' options
  fi
}
if [[ $funcstack[1] == _dockerhub-mcp ]]; then
  _dockerhub_mcp "$@"
else
  compdef _dockerhub_mcp dockerhub-mcp
fi
"""


def script(facts: Facts) -> str:
    """Return the script."""
    lines = [
        *value_function(facts),
        "__dockerhub_mcp_offers() {",
        f"  shared=({_described(offered(facts.shared))})",
        '  case "$1" in',
        *offers(facts, _described, '"${shared[@]}"'),
        "  esac",
        "}",
    ]
    return _HEAD % facts.version + "\n".join(lines) + "\n" + _BODY


def _described(words: Mapping[str, str]) -> str:
    """Return words as `_describe` takes them: a colon stands between a word and what it means."""
    said = (f"{word}:{about}" if about else word for word, about in words.items())
    return " ".join(map(shlex.quote, said))
