"""Text that strangers wrote: data, whatever it says.

Descriptions, names, labels and the Hub's own error texts come from outside. They are shown without what a
person would not see (invisible characters, directions of writing, terminal escapes, comments in HTML and
Markdown), and in a frame that they cannot leave: one line in quotes as JSON writes them, or lines that each
begin with `> `.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata

from dockerhub_mcp.hub.error_bodies import without_addresses
from dockerhub_mcp.hub.errors import HubError, ended

_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences, such as colours
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"  # links, titles
    r"|\x1b[ -/]*[0-~]"
)
_COMMENT = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<![A-Za-z][^>]*(?:>|\Z)|<\?[^>]*(?:>|\Z)", re.DOTALL
)
_TITLE = (
    r"""(?:\((?:[^()\\\n]|\\.|\n(?!\n)){0,9999}\)|"(?:[^"\\\n]|\\.|\n(?!\n)){0,9999}"|"""
    r"""'(?:[^'\\\n]|\\.|\n(?!\n)){0,9999}')"""
)
_MARKDOWN_COMMENT = re.compile(
    r"^(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t]){0,20}\[[^\[\]]{0,999}\]:[ \t]*"
    rf"(?:(?:#|<>)(?:[ \t]*\n?[ \t]*{_TITLE})?[^\n]*|\n[ \t]*(?:#|<>)(?:[ \t]*\n?[ \t]*{_TITLE})?[ \t]*)$",
    re.MULTILINE,
)
_LINES = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_ODD = re.compile(r"[^\n\t -~]+")
_SELECTORS = frozenset(range(0xFE00, 0xFE10)) | frozenset(range(0xE0100, 0xE01F0))
_BLANK = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159"
)
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})  # controls, formats, private, surrogates, unassigned
_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Formats that are seen: the signs of numbers and years in Arabic, Syriac and Kaithi."""
_JOINER, _NON_JOINER = "\u200d", "\u200c"
_PICTURE, _TEXT, _KEYCAP = "\ufe0f", "\ufe0e", "\u20e3"  # as a picture, as a sign, on a key
_VIRAMA = 9  # the combining class of the signs behind which a joiner changes what is written
_MARKS = 8  # in a row; more of them only paint over other lines
_LOOKED_AT = 64  # characters for each that is shown
_SAFE = re.compile(r"[\w.@/+:-]+")


def clean(text: str) -> str:
    """Return the text without what a person would not see; line ends become newlines.

    A joiner stays where it is part of the spelling, as in Hindi and Persian, or of a picture; anywhere else
    it would be invisible.
    """
    # Each pattern is tried only where it could find something: most texts have little that is odd.
    if not (text.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable()):
        text = _LINES.sub("\n", _TERMINAL.sub("", text))
        text = _ODD.sub(_seen, text)
    if "<!" in text or "<?" in text:
        # A space takes its place, so that what stood around a comment does not grow together to another.
        text = _COMMENT.sub(" ", text)
    return _MARKDOWN_COMMENT.sub("", text) if "]:" in text else text


def _seen(run: re.Match[str]) -> str:
    text, end = run.string, run.end()
    kept = list(text[max(0, run.start() - 1) : run.start()])
    before, marks = len(kept), 0
    for position in range(run.start(), end):
        character = text[position]
        after = text[position + 1] if position + 1 < len(text) else " "
        category = unicodedata.category(character)
        marks = marks + 1 if category.startswith("M") else 0
        if character in {_JOINER, _NON_JOINER}:
            stays = _joins(character, kept, after)
        elif character in {_PICTURE, _TEXT}:
            stays = bool(kept) and (_is_picture(kept[-1]) or after == _KEYCAP)
        elif character in _BLANK or ord(character) in _SELECTORS or marks > _MARKS:
            stays = False
        elif category == "Zs":
            character, stays = " ", True
        else:
            stays = category not in _INVISIBLE or character in _SIGNS
        if stays:
            kept.append(character)
    return "".join(kept[before:])


def _joins(joiner: str, kept: list[str], after: str) -> bool:
    """Tell whether a joiner or non-joiner is part of what one sees; the rule is that of internet names."""
    before = kept[-1] if kept else " "
    if unicodedata.combining(before) == _VIRAMA:
        return True
    if joiner == _NON_JOINER:
        near = reversed(kept[-_MARKS - 1 :])  # a letter has no more marks than that
        letter = next((each for each in near if not unicodedata.combining(each)), " ")
        return _is_arabic(letter) and _is_arabic(after)
    pictured = kept[-2] if before == _PICTURE and len(kept) > 1 else before
    return _is_picture(pictured) and _is_picture(after)


def _is_arabic(character: str) -> bool:
    """Tell whether it is a letter of Arabic, or of another script that is written in its way."""
    return unicodedata.bidirectional(character) == "AL" and unicodedata.category(character) == "Lo"


def _is_picture(character: str) -> bool:
    if "\U0001f3fb" <= character <= "\U0001f3ff":  # the colours of skin
        return True
    return unicodedata.category(character) == "So" and character not in _BLANK


def one_line(text: str, most: int = 0) -> str:
    """Return a clean text on one line, cut to a length."""
    return _cut(" ".join(clean(_beginning(text, most)).split()), most, more=_is_long(text, most))


def _is_long(text: str, most: int) -> bool:
    return 0 < most * _LOOKED_AT < len(text)


def _beginning(text: str, most: int) -> str:
    """Return as much as is worth looking at where only so much will be shown."""
    return text[: most * _LOOKED_AT] if _is_long(text, most) else text


def _cut(text: str, most: int, *, more: bool = False) -> str:
    """Cut to a length, but leave no joiner or selector at the end that joins nothing any more."""
    if not most or (len(text) <= most and not more):
        return text
    return text[: most - 1].rstrip(f" \n\t{_JOINER}{_NON_JOINER}{_PICTURE}{_TEXT}") + "…"


def word(text: str, most: int = 0) -> str:
    """Return a text as it stands in a row or behind a name: bare if it is one plain word, else in quotes."""
    if text.isascii() and (not most or len(text) <= most) and _SAFE.fullmatch(text):
        return text  # as nearly all are: there is nothing to clean
    line = one_line(text, most)
    return line if _SAFE.fullmatch(line) else json.dumps(line, ensure_ascii=False)


def quote(text: str, most: int = 0) -> list[str]:
    """Return a text as lines that each begin with `> `, cut to a length."""
    kept = _cut(clean(_beginning(text, most)).strip(), most + 1 if most else 0, more=_is_long(text, most))
    lines = re.sub(r"\n{3,}", "\n\n", kept).split("\n")
    return [f"> {line.rstrip()}".rstrip() for line in lines]


def told(error: HubError) -> str:
    """Return what an error says, with the Hub's own words in quotes that they cannot leave."""
    said = one_line(without_addresses(error.said))
    words = ended(f"The Hub said: {json.dumps(said, ensure_ascii=False)}") if said else ""
    return " ".join(part for part in (error.what, words, error.why, error.remedy) if part)


def clean_data(value: object) -> object:
    """Return JSON data with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number
    if isinstance(value, dict):
        return {clean(str(key)): clean_data(item) for key, item in value.items()}
    return [clean_data(item) for item in value] if isinstance(value, list | tuple) else value
