"""Parse what follows the numbers of a version: prereleases, build numbers, variants with versions."""

from __future__ import annotations

from typing import NamedTuple

from dockerhub_mcp.tools.tag_versions.dates import date_format
from dockerhub_mcp.tools.tag_versions.model import SuffixPiece
from dockerhub_mcp.tools.tag_versions.tokens import Token
from dockerhub_mcp.tools.tag_versions.words import (
    CHANNELS,
    GLUED_PRERELEASES,
    NUMBERED_PRERELEASES,
    PRERELEASE_RANKS,
    PRERELEASE_SYNONYMS,
    RELEASE_WORDS,
)

Numbers = tuple[int, ...]

_ALWAYS_PRERELEASES = (
    (PRERELEASE_RANKS.keys() | PRERELEASE_SYNONYMS.keys())
    - CHANNELS
    - GLUED_PRERELEASES
    - NUMBERED_PRERELEASES
)


class Prerelease(NamedTuple):
    """A mark of a prerelease, such as `rc.2`, in the order in which projects publish them."""

    rank: int
    word: str
    numbers: Numbers


class Suffix(NamedTuple):
    """What follows the numbers of a version.

    Attributes:
        pieces: The pieces that belong to the family.
        numbers: The numbers of the pieces that have one, in order.
        prereleases: The marks of prereleases.
    """

    pieces: tuple[SuffixPiece, ...]
    numbers: tuple[Numbers, ...]
    prereleases: tuple[Prerelease, ...]


def parse_suffix(tokens: list[Token]) -> Suffix:
    """Return the suffix that the tokens behind a version are."""
    parser = _Parser()
    for index, token in enumerate(tokens):
        if token.kind == "separator":
            parser.separator = token.text
        elif token.kind == "number":
            parser.add_number(token.text)
        elif token.kind == "word":
            parser.add_word(token.text, _number_separator(tokens, index), is_first=index <= 1)
        elif token.kind == "commit":
            parser.add_prerelease("commit")
        elif token.kind == "datetime":
            parser.add_number(token.text.replace("t", "-").rstrip("z").replace("-", ""))
        else:
            parser.add_piece(token.text.replace("_", "-"), takes_number=False)
    return Suffix(tuple(parser.pieces), tuple(parser.numbers), tuple(parser.prereleases))


def _number_separator(tokens: list[Token], index: int) -> str | None:
    """Return the separator between a word and the number behind it; None if no number follows."""
    following = tokens[index + 1 : index + 3]
    if following and following[0].kind == "number":
        return ""
    if len(following) > 1 and following[0].kind == "separator" and following[1].kind == "number":
        return following[0].text
    return None


class _Parser:
    """Collects the pieces of a suffix."""

    def __init__(self) -> None:
        self.pieces: list[SuffixPiece] = []
        self.numbers: list[Numbers] = []
        self.prereleases: list[Prerelease] = []
        self.separator = ""
        self._number_belongs_to = ""

    def add_word(self, word: str, number_separator: str | None, *, is_first: bool) -> None:
        """Add a word; `number_separator` is what lies between it and a number behind it."""
        if self._is_prerelease(word, number_separator):
            self.add_prerelease(word)
        elif word in RELEASE_WORDS and is_first and self.separator == ".":
            self.separator = ""
        elif len(word) == 1 and word != "x" and number_separator is None and is_first and not self.separator:
            # A letter behind the numbers counts releases, as in OpenSSL's `1.1.1w`.
            self.pieces.append(SuffixPiece("", "", "a"))
            self.numbers.append((ord(word),))
            self._number_belongs_to = ""
        else:
            self.add_piece(word, takes_number=True)

    def _is_prerelease(self, word: str, number_separator: str | None) -> bool:
        if word in GLUED_PRERELEASES:
            return number_separator == "" and not self.separator
        if word in NUMBERED_PRERELEASES:
            return number_separator in {"", "."}
        return word in _ALWAYS_PRERELEASES or (word in CHANNELS and number_separator is not None)

    def add_prerelease(self, word: str) -> None:
        """Add a mark of a prerelease."""
        word = PRERELEASE_SYNONYMS.get(word, word)
        self.prereleases.append(Prerelease(PRERELEASE_RANKS[word], word, ()))
        self._number_belongs_to = "" if word == "commit" else "prerelease"
        self.separator = "-"

    def add_piece(self, word: str, *, takes_number: bool) -> None:
        """Add a word of the family."""
        self.pieces.append(SuffixPiece("-" if self.separator else "", word, ""))
        self._number_belongs_to = "word" if takes_number else ""
        self.separator = ""

    def add_number(self, text: str) -> None:
        """Add a number to the word or prerelease in front of it, or as a piece of its own."""
        numbers = tuple(map(int, text.split(".")))
        if self._number_belongs_to == "prerelease":
            self.prereleases[-1] = self.prereleases[-1]._replace(numbers=numbers)
        else:
            pattern = date_format(text) if "." not in text and len(text) > len("YYYY") else ""
            pattern = pattern or "N"
            if self._number_belongs_to == "word":
                separator = self.separator.replace("_", "-")
                self.pieces[-1] = self.pieces[-1]._replace(number=separator + pattern)
            else:
                self.pieces.append(SuffixPiece("-" if self.separator else "", "", pattern))
            self.numbers.append(numbers)
        self._number_belongs_to = ""
        self.separator = ""
