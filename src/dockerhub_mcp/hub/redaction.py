"""Redaction of secrets and control characters in texts that leave the client."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dockerhub_mcp.hub.secret_forms import SecretForms

if TYPE_CHECKING:
    from weakref import WeakSet

MASK = "***"
_SECRET_PATTERN = re.compile(
    r"dckr_(?:pat|oat)_[\w-]+"  # personal and organization access tokens
    r"|(?:ZGNrcl9[vw]YXRf|Rja3Jfb2F0X|Rja3JfcGF0X|kY2tyX29hdF|kY2tyX3BhdF)[\w+/=-]*"  # the same in base64
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # JSON web tokens
    r"|(?<=[Bb]earer )[\w.~+/=-]{8,}"
    r"|(?<=[Bb]asic )[\w+/=]{8,}"
)
_SECRET_MARKERS = ("dckr_", "ZGNrcl9", "Rja3Jf", "kY2tyX", "eyJ", "earer ", "asic ")
"""Substrings of every secret that the pattern matches; searching for them first is a hundred times faster."""
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_USER_INFO = re.compile(r"(?<=://)[^\s/?#\"'<>]*@")
_MAX_COMBINING_MARKS = 8  # in a row; longer runs only paint over other characters
_BLANK_CHARACTERS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Characters that show nothing although Unicode counts them as letters, marks or symbols."""
_MIN_LENGTH = 4  # characters; shorter secrets occur in ordinary words


class Redactor:
    """Replaces known secrets in a text, however they are encoded, and everything like a token of Docker's.

    Args:
        parent: Another redactor; its secrets are replaced as well.
    """

    def __init__(self, parent: Redactor | None = None) -> None:
        self._parent = parent
        self._children: WeakSet[Redactor] | None = None
        self._secrets: dict[str, SecretForms] = {}
        self._known: tuple[SecretForms, ...] | None = None  # with those of the parent, the longest first
        if parent is not None:
            parent._add_child(self)  # noqa: SLF001 - of the same class

    def _add_child(self, child: Redactor) -> None:
        if self._children is None:
            from weakref import WeakSet  # noqa: PLC0415 - hosts wait until the program has started

            self._children = WeakSet()
        self._children.add(child)

    def add_secret(self, secret: str) -> None:
        """Register a secret, unless it is too short to redact safely or a JWT, which the pattern matches."""
        if len(secret) < _MIN_LENGTH or secret in self._secrets or _JWT.fullmatch(secret):
            return
        self._secrets = {**self._secrets, secret: SecretForms(secret)}  # another thread may be iterating
        self._known = None
        for child in list(self._children or ()):
            child._known = None  # noqa: SLF001 - of the same class

    def __call__(self, text: str, *, min_length: int = _MIN_LENGTH) -> str:
        """Return the text without secrets.

        Args:
            text: The text to redact.
            min_length: Leave registered secrets shorter than this many characters in place.
        """
        return _mask_secrets(text, self._list_known(), min_length)

    def redact_log(self, text: str) -> str:
        """Return a text without the secrets of this redactor and its children, nor user info in URLs."""
        known = {
            forms.secret: forms
            for redactor in (self, *list(self._children or ()))
            for forms in redactor._list_known()  # noqa: SLF001 - of the same class
        }
        return mask_user_info(_mask_secrets(text, _sort_by_length(known.values()), _MIN_LENGTH))

    def _list_known(self) -> tuple[SecretForms, ...]:
        known = self._known
        if known is None:
            inherited = self._parent._secrets if self._parent is not None else {}  # noqa: SLF001
            self._known = known = _sort_by_length({**inherited, **self._secrets}.values())
        return known


def _sort_by_length(known: Iterable[SecretForms]) -> tuple[SecretForms, ...]:
    """Return secrets with the longest first: one may contain another."""
    return tuple(sorted(known, key=lambda forms: len(forms.secret), reverse=True))


def _mask_secrets(text: str, known: Iterable[SecretForms], min_length: int) -> str:
    for forms in known:
        if len(forms.secret) >= min_length:
            text = forms.mask(text, MASK)
    return _SECRET_PATTERN.sub(MASK, text) if any(marker in text for marker in _SECRET_MARKERS) else text


def redact_strings(data: Any, redact: Callable[[str], str]) -> Any:
    """Return JSON data with every string redacted, except keys; the data themselves where nothing is masked.

    Args:
        data: The data.
        redact: Masks what it finds anywhere in a text, so that a text without it has no part with it.
    """
    strings = list(_list_strings(data))
    text = "\n".join(strings)
    return data if redact(text) == text else _replace_strings(data, redact)


def _list_strings(data: Any) -> Iterator[str]:
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def _replace_strings(data: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, dict):
        return {key: _replace_strings(item, redact) for key, item in data.items()}
    return [_replace_strings(item, redact) for item in data] if isinstance(data, list) else data


def mask_user_info(text: str) -> str:
    """Return a text with user names and passwords in URLs masked."""
    return _USER_INFO.sub(f"{MASK}@", text) if "://" in text and "@" in text else text


def to_single_line(text: str, max_length: int = 300) -> str:
    """Return the text as one line without control or other invisible characters, cut to a maximum length."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(_replace_invisible(text))
    line = " ".join(text.split())
    return line if len(line) <= max_length else f"{line[: max_length - 1]}…"


def _replace_invisible(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category[0] == "M" else 0
        if character not in _BLANK_CHARACTERS and marks <= _MAX_COMBINING_MARKS:
            yield " " if category[0] in "ZC" else character
