"""Sanitizing of untrusted text: descriptions, names, labels and the Hub's error messages.

Invisible text is removed: zero-width characters, text directions, terminal escapes, and comments in HTML and
Markdown. What remains is delimited so that it cannot pass for other output: one line in JSON quotes, or
lines that each begin with `> `.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from functools import cache

from dockerhub_mcp.hub.errors import HubError, end_with_period

_TERMINAL_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences, such as colors
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"  # links, titles
    r"|\x1b[ -/]*[0-~]"
)
_MARKUP_COMMENT = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<![A-Za-z][^>]*(?:>|\Z)|<\?[^>]*(?:>|\Z)", re.DOTALL
)
_LINK_TITLE = (
    r"""(?:\((?:[^()\\\n]|\\.|\n(?!\n)){0,9999}\)|"(?:[^"\\\n]|\\.|\n(?!\n)){0,9999}"|"""
    r"""'(?:[^'\\\n]|\\.|\n(?!\n)){0,9999}')"""
)
_MARKDOWN_COMMENT = re.compile(
    r"^(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t]){0,20}\[[^\[\]]{0,999}\]:[ \t]*"
    rf"(?:(?:#|<>)(?:[ \t]*\n?[ \t]*{_LINK_TITLE})?[^\n]*"
    rf"|\n[ \t]*(?:#|<>)(?:[ \t]*\n?[ \t]*{_LINK_TITLE})?[ \t]*)$",
    re.MULTILINE,
)
_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_NON_PRINTABLE_ASCII = re.compile(r"[^\n\t -~]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_VARIATION_SELECTORS = frozenset(range(0xFE00, 0xFE10)) | frozenset(range(0xE0100, 0xE01F0))
_BLANK_CHARACTERS = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159"
)
_COMMON_SIGNS = "\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u00a9\u00ae\u00b0\u00b7"
_INVISIBLE_CATEGORIES = frozenset(
    {"Cc", "Cf", "Co", "Cs", "Cn"}
)  # controls, formats, private, surrogates, unassigned
_VISIBLE_FORMAT_CHARACTERS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters with a visible shape: number and year signs in Arabic, Syriac and Kaithi."""
_ZWJ, _ZWNJ = "\u200d", "\u200c"
_EMOJI_SELECTOR, _TEXT_SELECTOR, _KEYCAP = (
    "\ufe0f",
    "\ufe0e",
    "\u20e3",
)  # select a picture, a text symbol, a key cap
_VIRAMA_CLASS = 9  # the combining class of signs after which a joiner changes the spelling
_MAX_COMBINING_MARKS = 8  # in a row; longer runs only paint over other lines
_SCAN_FACTOR = 64  # characters examined for each character shown
_LOOKAHEAD = 1300  # characters behind its first in which a Markdown comment shows by the end of its label
_is_bare_word = re.compile(r"[\w.@/+:-]+").fullmatch
_quote = json.JSONEncoder(ensure_ascii=False).encode


def sanitize(text: str) -> str:
    """Return the text without invisible parts, and with line breaks as newlines.

    Joiners are kept where they are part of the spelling, as in Hindi and Persian, or of an emoji.
    """
    # Each pattern is tried only where it may match, because most texts are plain.
    if not _is_plain(text):
        text = _LINE_BREAK.sub("\n", _TERMINAL_ESCAPE.sub("", text))
        text = _NON_PRINTABLE_ASCII.sub(_keep_visible, text)
    if "<!" in text or "<?" in text:
        # A space replaces it, so that the text around a comment cannot join to form another comment.
        text = _MARKUP_COMMENT.sub(" ", text)
    return _MARKDOWN_COMMENT.sub("", text) if "]:" in text else text


def _is_unchanged(text: str) -> bool:
    """Tell whether `sanitize` certainly returns the text as it is."""
    return _is_plain(text) and not ("<!" in text or "<?" in text or "]:" in text)


def _is_plain(text: str) -> bool:
    """Tell whether a text has nothing but visible characters, spaces, tabs and newlines.

    Texts with marks, pictures or rare signs count as not plain, and are examined character by character.
    """
    if text.isascii():
        return text.isprintable() or text.replace("\n", " ").replace("\t", " ").isprintable()
    plain, blank = _compile_plain_text()
    return plain.fullmatch(text) is not None and blank.search(text) is None


@cache
def _compile_plain_text() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns of a text of letters, numbers and common signs, and of a letter that shows nothing.

    They are compiled when a text needs them, so that the server starts sooner.
    """
    return re.compile(rf"[\w\n\t -~{_COMMON_SIGNS}]*"), re.compile(f"[{''.join(sorted(_BLANK_CHARACTERS))}]")


def _keep_visible(run: re.Match[str]) -> str:
    text, end = run.string, run.end()
    kept = list(text[max(0, run.start() - 1) : run.start()])
    before, marks = len(kept), 0
    for position in range(run.start(), end):
        character = text[position]
        after = text[position + 1] if position + 1 < len(text) else " "
        category = unicodedata.category(character)
        marks = marks + 1 if category.startswith("M") else 0
        if character in {_ZWJ, _ZWNJ}:
            stays = _is_significant_joiner(character, kept, after)
        elif character in {_EMOJI_SELECTOR, _TEXT_SELECTOR}:
            stays = bool(kept) and (_is_emoji(kept[-1]) or after == _KEYCAP)
        elif (
            character in _BLANK_CHARACTERS
            or ord(character) in _VARIATION_SELECTORS
            or marks > _MAX_COMBINING_MARKS
        ):
            stays = False
        elif category == "Zs":
            character, stays = " ", True
        else:
            stays = category not in _INVISIBLE_CATEGORIES or character in _VISIBLE_FORMAT_CHARACTERS
        if stays:
            kept.append(character)
    return "".join(kept[before:])


def _is_significant_joiner(joiner: str, kept: list[str], after: str) -> bool:
    """Return whether a joiner or non-joiner is visible, by the rule for internet domain names (RFC 5892)."""
    before = kept[-1] if kept else " "
    if unicodedata.combining(before) == _VIRAMA_CLASS:
        return True
    if joiner == _ZWNJ:
        near = reversed(kept[-_MAX_COMBINING_MARKS - 1 :])  # no letter has more marks
        letter = next((each for each in near if not unicodedata.combining(each)), " ")
        return _is_arabic(letter) and _is_arabic(after)
    pictured = kept[-2] if before == _EMOJI_SELECTOR and len(kept) > 1 else before
    return _is_emoji(pictured) and _is_emoji(after)


def _is_arabic(character: str) -> bool:
    """Return whether a character is a letter of Arabic or of another script with joined letters."""
    return unicodedata.bidirectional(character) == "AL" and unicodedata.category(character) == "Lo"


def _is_emoji(character: str) -> bool:
    if "\U0001f3fb" <= character <= "\U0001f3ff":  # skin tones
        return True
    return unicodedata.category(character) == "So" and character not in _BLANK_CHARACTERS


def sanitize_line(text: str, max_chars: int = 0) -> str:
    """Return the sanitized text on one line, truncated to a number of characters; 0 for no limit."""
    return _truncate_text(
        " ".join(sanitize(_limit_scan(text, max_chars)).split()),
        max_chars,
        is_truncated=_exceeds_scan_limit(text, max_chars),
    )


def _exceeds_scan_limit(text: str, max_chars: int) -> bool:
    return 0 < max_chars * _SCAN_FACTOR < len(text)


def _limit_scan(text: str, max_chars: int) -> str:
    """Return the part of a text that is worth examining for the number of characters shown."""
    return text[: max_chars * _SCAN_FACTOR] if _exceeds_scan_limit(text, max_chars) else text


def _truncate_text(text: str, max_chars: int, *, is_truncated: bool = False) -> str:
    """Truncate a text, without a joiner or selector at its end."""
    if not max_chars or (len(text) <= max_chars and not is_truncated):
        return text
    return text[: max_chars - 1].rstrip(f" \n\t{_ZWJ}{_ZWNJ}{_EMOJI_SELECTOR}{_TEXT_SELECTOR}") + "…"


def inline(text: str, max_chars: int = 0) -> str:
    """Return the text for use within a line: bare if it is a single plain word, in JSON quotes otherwise."""
    if text.isascii() and (not max_chars or len(text) <= max_chars):
        if _is_bare_word(text):
            return text  # nearly all texts: nothing to sanitize
        if text.isprintable() and not ("<" in text or "]:" in text):
            line = " ".join(text.split())
            return line if _is_bare_word(line) else _quote(line)
    line = sanitize_line(text, max_chars)
    return line if _is_bare_word(line) else _quote(line)


def quote_lines(text: str, max_chars: int = 0) -> list[str]:
    """Return the text as lines that each begin with `> `, truncated to a number of characters."""
    limit = max_chars + 1 if max_chars else 0
    start = text.lstrip()[: limit + _LOOKAHEAD] if max_chars else text
    if max_chars and _is_unchanged(start) and len(start.rstrip()) > limit:
        kept = _truncate_text(start, limit)  # what follows may be very long
    else:
        kept = _truncate_text(
            sanitize(_limit_scan(text, max_chars)).strip(),
            limit,
            is_truncated=_exceeds_scan_limit(text, max_chars),
        )
    if "\n\n\n" in kept:
        kept = _EMPTY_LINES.sub("\n\n", kept)
    return [f"> {line}".rstrip() for line in kept.split("\n")]


def error_text(error: HubError) -> str:
    """Return the text of an error, with the Hub's message in JSON quotes."""
    from dockerhub_mcp.hub.internal_addresses import redact_internal_addresses  # noqa: PLC0415 - for errors only

    message = sanitize_line(redact_internal_addresses(error.hub_message))
    said = f"{error.speaker} said: {json.dumps(message, ensure_ascii=False)}"
    quoted = end_with_period(said) if message else ""
    return " ".join(part for part in (error.what, quoted, error.why, error.remedy) if part)


def sanitize_data(value: object) -> object:
    """Return JSON data with every string sanitized."""
    if isinstance(value, str):
        return sanitize(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number
    if isinstance(value, dict):
        return {sanitize(str(key)): sanitize_data(item) for key, item in value.items()}
    return [sanitize_data(item) for item in value] if isinstance(value, list | tuple) else value
