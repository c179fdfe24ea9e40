"""The encodings in which a secret may appear in a text: percent-encoded, escaped, or as base64."""

from __future__ import annotations

import re
from functools import lru_cache

_PLAIN_CHARACTER = re.compile(r"[A-Za-z0-9._~-]")  # written as it is in URLs, JSON, HTML and reprs
_ESCAPE_SIGNS = "%\\&+"  # each escaped form of a character contains one
_MIN_BASE64_LENGTH = 6  # bytes; the base64 of fewer occurs by chance
_HTML_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_JSON_NAMES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


class SecretForms:
    """A secret with the forms that its encodings take.

    Attributes:
        secret: The secret itself.
    """

    __slots__ = ("_base64_forms", "_escaped", "secret")

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._base64_forms = list_base64_forms(secret)
        is_plain = all(map(_PLAIN_CHARACTER.match, secret))
        self._escaped = None if is_plain else re.compile("".join(map(_escaped_character_pattern, secret)))

    def mask(self, text: str, mask: str) -> str:
        """Return a text with a mask in place of every form of the secret."""
        text = text.replace(self.secret, mask)
        for form in self._base64_forms:
            text = text.replace(form, mask)
        if self._escaped is not None and any(sign in text for sign in _ESCAPE_SIGNS):
            text = self._escaped.sub(lambda _: mask, text)
        return text


def list_base64_forms(secret: str) -> tuple[str, ...]:
    """Return what every base64 text that contains a secret has in common, in both alphabets.

    The secret may stand at any of three offsets within the encoded bytes, as in `name:secret`. The characters
    that its neighbours influence are left out.
    """
    raw = secret.encode("utf-8", "surrogatepass")
    if len(raw) < _MIN_BASE64_LENGTH:
        return ()
    from binascii import b2a_base64  # noqa: PLC0415 - hosts wait until the program has started

    forms: dict[str, None] = {}
    for offset in range(3):
        encoded = b2a_base64(bytes(offset) + raw, newline=False).decode()
        form = encoded[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
        forms[form] = forms[form.translate({ord("+"): "-", ord("/"): "_"})] = None
    return tuple(forms)


@lru_cache(maxsize=256)
def _escaped_character_pattern(character: str) -> str:
    """Return a pattern of a character and its escaped forms, repeated escaping included."""
    if _PLAIN_CHARACTER.match(character):
        return re.escape(character)
    raw = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass").hex()
    number = ord(character)
    options = [
        rf"\\*{re.escape(character)}",
        "".join(rf"(?i:%(?:25)*{byte:02x})" for byte in raw),
        "".join(rf"(?i:\\+u{units[start : start + 4]})" for start in range(0, len(units), 4)),
        rf"(?i:&(?:amp;)*\#(?:0*{number}|x0*{number:x});)",
    ]
    if number > 0xFFFF:  # noqa: PLR2004
        options.append(rf"(?i:\\+u{number:08x})")
    if number < 0x100:  # noqa: PLR2004
        options.append(rf"(?i:\\+x{number:02x})")
    if character == " ":
        options.append(r"\+")
    if name := _HTML_NAMES.get(character):
        options.append(f"&(?:amp;)*{name};")
    if name := _JSON_NAMES.get(character):
        options.append(rf"\\+{name}")
    return f"(?:{'|'.join(options)})"
