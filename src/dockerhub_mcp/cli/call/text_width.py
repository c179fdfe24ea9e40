"""The width of text on a terminal, and lines of text that fit into a width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

_WITHOUT_WIDTH = frozenset({"Mn", "Me", "Cf"})
"""The categories of combining marks and of invisible characters."""
_JOINER, _EMOJI_SELECTOR = "\u200d", "\ufe0f"
_PARTS_OF_LONG_WORD = re.compile(r"[^-/.,:;=@?&]*[-/.,:;=@?&]?")
_MAX_KEPT_WIDTH = 12  # of a word that is not broken, such as a date

SplitText = Callable[[str], list[str]]
"""Splits text into the parts between which a line may be broken."""


def measure_width(text: str) -> int:
    """Return the columns that text takes: two for a wide letter or an emoji, none for a combining mark."""
    if text.isascii():
        return len(text)
    width, previous, is_joined = 0, 0, False
    for letter in text:
        if letter == _EMOJI_SELECTOR and previous == 1:
            width, previous = width + 1, 2  # the letter before it becomes an emoji
        elif unicodedata.category(letter) not in _WITHOUT_WIDTH and not is_joined:
            previous = 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})
            width += previous
        is_joined = letter == _JOINER  # the next emoji is drawn as a part of this one
    return width


def pad(text: str, width: int, *, is_right: bool = False) -> str:
    """Return text with spaces up to a width, behind it or before it."""
    space = " " * (width - measure_width(text))
    return space + text if is_right else text + space


def split_words(text: str) -> list[str]:
    """Split text behind spaces."""
    return re.findall(r"\S+\s*", text)


def split_name(text: str) -> list[str]:
    """Split the name of a column behind underscores and spaces."""
    return re.findall(r"[^_\s]+_*\s*|_+", text)


def split_long_words(text: str) -> list[str]:
    """Split text behind spaces, and behind the signs within long words."""
    parts: list[str] = []
    for word in split_words(text):
        is_kept = measure_width(word.rstrip()) <= _MAX_KEPT_WIDTH
        parts += [word] if is_kept else [part for part in _PARTS_OF_LONG_WORD.findall(word) if part]
    return parts


def measure_longest(text: str, split: SplitText = split_words) -> int:
    """Return the width of the longest part of text that is not broken."""
    return max((measure_width(part.rstrip()) for part in split(text)), default=0)


def wrap(text: str, width: int, split: SplitText = split_words, *, is_broken: bool = True) -> list[str]:
    """Return text as lines that fit into a width, at least one.

    Args:
        text: The text, without line breaks.
        width: The columns of a line.
        split: Splits the text where lines may be broken.
        is_broken: Whether a longer word is broken: behind a sign such as a slash, otherwise within it.
    """
    lines, line = [], ""
    for part in split(text):
        for piece in _break_word(part, width) if is_broken else [part]:
            if line and measure_width((line + piece).rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece
    return [*lines, line.rstrip()] if line or not lines else lines


def _break_word(word: str, width: int) -> Iterator[str]:
    if measure_width(word.rstrip()) <= width:
        yield word
        return
    for part in _PARTS_OF_LONG_WORD.findall(word):
        rest = part
        while measure_width(rest.rstrip()) > width:
            end = _count_fitting(rest, width)
            yield rest[:end]
            rest = rest[end:]
        if rest:
            yield rest


def _count_fitting(text: str, width: int) -> int:
    """Return how many letters at the beginning of text fit into a width, at least one."""
    end = 1
    while end < len(text) and measure_width(text[: end + 1]) <= width:
        end += 1
    return end


def shorten_lines(lines: Sequence[str], width: int, max_lines: int) -> tuple[list[str], bool]:
    """Return at most max_lines lines, with an ellipsis at the end if there were more, and whether so."""
    if len(lines) <= max_lines:
        return list(lines), False
    last = lines[max_lines - 1]
    while measure_width(last) > width - 1:
        last = last[:-1]
    return [*lines[: max_lines - 1], f"{last.rstrip()}…"], True
