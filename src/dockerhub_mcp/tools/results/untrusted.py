"""Text that strangers wrote: data, whatever it says.

Descriptions, names, labels and the Hub's own error texts come from outside. They are shown without what a
person would not see (invisible characters, directions of writing, terminal escapes, comments in HTML and
Markdown), and in a frame that they cannot leave: one line in quotes as JSON writes them, or lines that each
begin with `> `.
"""

from __future__ import annotations

import json
import re
import unicodedata

_TERMINAL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences, such as colours
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # strings, such as links and titles
    r"|\x1b[ -/]*[0-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)|<!\[CDATA\[.*?(?:\]\]>|$)|<\?.*?(?:\?>|$)", re.DOTALL)
_MARKDOWN_COMMENT = re.compile(r"^[ \t]{0,3}\[[^\]\n]{0,99}\]:[ \t]*(?:#|<>)[^\n]*$", re.MULTILINE)
_LINES = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_SELECTORS = frozenset(range(0xFE00, 0xFE10)) | frozenset(range(0xE0100, 0xE01F0))
_BLANK = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0")
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})  # controls, formats, private, surrogates, unassigned
_JOINER, _PICTURE = "\u200d", "\ufe0f"  # joins two pictures; asks for a picture rather than a sign
_BETWEEN = frozenset({_JOINER, _PICTURE, "\ufe0e"})
_SAFE = re.compile(r"[\w.@/+:-]+")


def clean(text: str) -> str:
    """Return the text without what a person would not see; line ends become newlines."""
    text = _LINES.sub("\n", _TERMINAL.sub("", text))
    text = _MARKDOWN_COMMENT.sub("", _COMMENT.sub("", text))
    return "".join(
        character
        for position, character in enumerate(text)
        if (_joins(text, position) if character in _BETWEEN else _is_seen(character))
    )


def _is_seen(character: str) -> bool:
    if " " <= character <= "~" or character in "\n\t":
        return True
    if ord(character) in _SELECTORS or character in _BLANK:
        return False
    return unicodedata.category(character) not in _INVISIBLE


def _joins(text: str, position: int) -> bool:
    """Tell whether a joiner or selector belongs to a picture, as in an emoji; else it may hide something."""
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    if text[position] == _JOINER:
        return (before == _PICTURE or _is_picture(before)) and _is_picture(after)
    return _is_picture(before)


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Sk"}


def one_line(text: str, most: int = 0) -> str:
    """Return a clean text on one line, cut to a length."""
    line = " ".join(clean(text).split())
    return f"{line[: most - 1].rstrip()}…" if most and len(line) > most else line


def word(text: str, most: int = 0) -> str:
    """Return a text as it stands in a row or behind a name: bare if it is one plain word, else in quotes."""
    line = one_line(text, most)
    return line if _SAFE.fullmatch(line) else json.dumps(line, ensure_ascii=False)


def quote(text: str, most: int = 0) -> list[str]:
    """Return a text as lines that each begin with `> `, cut to a length."""
    text = clean(text).strip()
    kept = f"{text[:most].rstrip()}…" if most and len(text) > most else text
    lines = re.sub(r"\n{3,}", "\n\n", kept).split("\n")
    return [f"> {line.rstrip()}".rstrip() for line in lines]


def clean_data(value: object) -> object:
    """Return JSON data with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): clean_data(item) for key, item in value.items()}
    return [clean_data(item) for item in value] if isinstance(value, list | tuple) else value
