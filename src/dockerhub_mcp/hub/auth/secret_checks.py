"""Recognize values that cannot be credentials, such as a variable that a host left unexpanded.

They are refused before anything is sent: each would be a failed sign-in, and Docker locks a name after a few.
A placeholder is recognized only as a whole value, because a password may hold any character.
"""

from __future__ import annotations

import re
import unicodedata

from dockerhub_mcp.hub.errors import CredentialError

_NAME_PARTS = (
    "TOKEN|PAT|OAT|SECRET|PASSWORD|PASSWD|PASS|PWD|DOCKER|DOCKERHUB|HUB|KEY|CRED|CREDS|CREDENTIALS|USER|"
    "USERNAME|LOGIN|AUTH|ORG|ID|NAME|VALUE"
)
_VARIABLE = rf"(?:[A-Za-z0-9]+_)*(?:{_NAME_PARTS})(?:_[A-Za-z0-9]+)*"
_VOCABULARY = (
    "your my our the a an here insert enter paste put add replace change me with this example dummy sample "
    "placeholder todo redacted masked docker dockerhub hub personal organization org access auth api token "
    "pat oat secret password pass key username user name id account value actual real goes in it to from"
)
_WORDS = frozenset(_VOCABULARY.split())
_MARKER_WORDS = frozenset(
    {"your", "here", "insert", "enter", "paste", "replace", "placeholder", "todo", "redacted", "masked"}
)
_UNEXPANDED_STARTS = (
    "$",
    "{",
    "%",
    "`",
    "process.env",
    "import.meta.env",
    "os.environ",
    "secrets.",
    "env.",
    "vars.",
    "op:",
)
# Text, because few values start so, and compiling the pattern takes a millisecond.
_UNEXPANDED = (
    r"\$\{\{?[^{}]+\}?\}"  # ${NAME}, ${input:name}, ${{ secrets.NAME }}
    r"|\{\{[^{}]+\}\}"  # {{NAME}}
    r"|\{(?:env|file|input|secret|var)s?:[^{}]+\}"  # {env:NAME}
    r"|\$\([^()]+\)|`[^`]+`"  # $(command)
    rf"|\$(?:[Ee][Nn][Vv]:)?{_VARIABLE}"  # $NAME, $env:NAME
    rf"|%{_VARIABLE}%"  # %NAME%
    r"|(?:process\.env|import\.meta\.env|os\.environ)[.\[][\w'\"\]]+"
    rf"|(?:secrets|env|vars)\.{_VARIABLE}"
    r"|op://\S+"
)
_CHANGE_ME = re.compile(r"(?:change|replace|fill)[-_ ]?(?:me|this|in)", re.IGNORECASE)
_FILLER = re.compile(r"([xX*•.…_#?-])\1{2,}|…|null|undefined|none|nil", re.IGNORECASE)
_BRACKETED = re.compile(r"<[^<>]+>|\[[^\[\]]+\]|\{[^{}]+\}|\([^()]+\)")
_SEPARATOR = re.compile(r"[-_ .]+")
_ASSIGNMENT = rf"(?:export\s+)?{_VARIABLE}\s*[=:]\s*\S.*"  # text, as above
_AUTHORIZATION = re.compile(r"(?:authorization:\s*)?(?:bearer|basic|jwt)\s+\S+", re.IGNORECASE)
_ACCESS_TOKEN = re.compile(r"dckr_[a-z]{3}_[\w-]+", re.ASCII)
_EMBEDDED_TOKEN = re.compile(r"dckr_(?:pat|oat)_[\w-]{16,}", re.ASCII)
_SESSION_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_QUOTES = (("'", "'"), ('"', '"'), ("\u201c", "\u201d"), ("\u2018", "\u2019"), ("\u00ab", "\u00bb"))
_JOINERS = "\u200c\u200d"  # parts of words and emoji
_HEADER_VALUE = re.compile(r"[\x21-\x7e]+")
_MAX_LENGTH = 4096


def check_secret(secret: str, source: str) -> None:
    """Check that a value can be a password or an access token.

    Args:
        secret: The value, without surrounding white space.
        source: The variable, option, file or argument that it comes from.

    Raises:
        CredentialError: It cannot; the value is not quoted.
    """
    if flaw := _find_placeholder(secret) or _find_wrapping(secret) or _find_token_flaw(secret):
        raise _unusable_error(source, flaw, "the access token or password itself")


def check_name(name: str, source: str) -> None:
    """Check that a value can be a user name.

    Args:
        name: The value, without surrounding white space.
        source: The variable, option or argument that it comes from.

    Raises:
        CredentialError: It cannot.
    """
    if flaw := _find_placeholder(name) or _find_wrapping(name):
        raise _unusable_error(source, flaw, "the Docker ID, or the organization's name for its access token")


def check_header_token(token: str, source: str) -> None:
    """Check that a token can stand in the Authorization header.

    Args:
        token: The token, without surrounding white space.
        source: The variable or file that it comes from.

    Raises:
        CredentialError: It cannot; the token is not quoted.
    """
    flaw = _find_placeholder(token) or _find_wrapping(token)
    if not flaw and not _HEADER_VALUE.fullmatch(token):
        flaw = "characters that no HTTP header can carry (blanks, line breaks or non-ASCII characters)"
    if flaw:
        raise _unusable_error(source, flaw, "the token itself")


def _unusable_error(source: str, flaw: str, wanted: str) -> CredentialError:
    what = f"{source} holds {flaw}; nothing was sent."
    return CredentialError(what, remedy=f"It must be {wanted}.")


def _find_placeholder(value: str) -> str:
    """Return what kind of placeholder a value is; empty for none."""
    if value.startswith(_UNEXPANDED_STARTS) and re.fullmatch(_UNEXPANDED, value, re.ASCII):
        return "a variable that was not replaced by its value"
    bare = value[1:-1].strip() if _BRACKETED.fullmatch(value) else value
    is_bracketed = bare is not value
    if _FILLER.fullmatch(bare) or _CHANGE_ME.fullmatch(bare):
        return "a placeholder"
    words = set(_SEPARATOR.split(bare.lower()))
    if words <= _WORDS and (is_bracketed or (len(words) > 1 and words & _MARKER_WORDS)):
        return "a placeholder"
    return ""


def _find_wrapping(value: str) -> str:
    """Return what surrounds or follows the actual value; empty for nothing."""
    if any(len(value) > 1 and value[0] == start and value[-1] == end for start, end in _QUOTES):
        return "a value in quotation marks"
    if _AUTHORIZATION.fullmatch(value):
        return "a header value such as Bearer, not only the token"
    if not {"=", ":"}.isdisjoint(value) and re.fullmatch(_ASSIGNMENT, value, re.ASCII):
        return "an assignment to a variable, not only its value"
    if any(_is_control(char) for char in value):
        return "line breaks, control or invisible characters"
    return f"more than {_MAX_LENGTH} characters" if len(value) > _MAX_LENGTH else ""


def _find_token_flaw(secret: str) -> str:
    """Return what is wrong with a value that looks like one of Docker's tokens; empty for nothing."""
    if _SESSION_TOKEN.fullmatch(secret):
        return "a bearer token (JWT), which cannot sign in"
    if not secret.startswith(("dckr_pat_", "dckr_oat_")):
        return "an access token with something in front of it" if _EMBEDDED_TOKEN.search(secret) else ""
    if not _ACCESS_TOKEN.fullmatch(secret):
        return "an access token that is cut off or has characters that no access token has"
    return "a placeholder" if _find_placeholder(secret[9:]) else ""


def _is_control(char: str) -> bool:
    return char not in _JOINERS and unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"}
