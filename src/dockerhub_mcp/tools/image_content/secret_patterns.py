"""Find values in commands and labels that may be secrets: by the name before them, or by their form."""

from __future__ import annotations

import re

SECRET_WORDS = r"pass|pwd|secret|token|key|credential|auth(?!or)|cookie|dsn"
"""Parts of the names of variables and options that hold secrets."""

_WORD = (
    r"""(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|'[^']*(?:'|$)|`[^`]*(?:`|$)|\$\([^)]*(?:\)|$)|\\.|[^\s"'`\\;&|)<>])+"""
)
"""A word of a shell; quotation marks that are not closed reach to the end, as in a text that is cut."""
_END_OF_NAME = r"\\?[\"']?\]?"  # of a name in quotation marks, as in JSON

_NAME = rf"(?<![\w.-])(?=[\w.-]*(?:{SECRET_WORDS}))[\w.-]+"  # linear: one attempt for each name
_OPTION = rf"(?<![\w-])(?=[\w-]*(?:{SECRET_WORDS}))--?[\w-]+"
_HEADER = (
    r"(?<![\w-])(?:(?:proxy-)?authorization|(?:set-)?cookie"
    r"|[\w-]{0,40}(?:api-?key|auth|token|secret|credential)[\w-]{0,40})"
)
_PLAIN_NAME = (
    r"(?<![\w-])[\w.:/-]{0,64}(?:passw(?:or)?d|secret|token|basic_auth"
    r"|(?:api|access|auth|private|secret)[_-]?key)[\"']?"
)
_USER = r"(?:^| )(?:-u|-U|--user|--proxy-user)[ =]?[\"']?[\w.@-]{1,64}:"

_PATTERNS = (
    # Headers: everything up to the quotation mark.
    rf"(?P<name>{_HEADER}): *(?P<value>[^\s\"'][^\"']*)",
    r"(?P<name>\b(?:bearer|basic)) +(?P<value>[\w.~+/=-]{6,})",
    # Assignments, also those of JSON and YAML.
    rf"(?P<name>{_NAME}{_END_OF_NAME} ?(?::=|\+=|[=:])) ?(?P<value>{_WORD})",
    r"(?P<name>[?&](?:sig|signature|code)=)(?P<value>[^&\s\"']+)",
    # Options, and names that are followed by their value, as in .netrc.
    rf"(?P<name>{_OPTION}) +(?P<value>(?!-){_WORD})",
    rf"(?P<name>{_PLAIN_NAME}) +(?P<value>(?![-=:<>|&;]){_WORD})",
    # User name and password of curl, wget and others; two numbers are those of a user and a group.
    rf"(?P<name>{_USER})(?!\d+(?:[ \"']|$))(?P<value>{_WORD})",
    # Options of one letter mean a password to some programs only.
    rf"(?P<name>\b(?:sshpass|mysql\w*|mariadb\w*|login)\b[^|;&]{{0,200}}? -p ?)(?P<value>(?!-){_WORD})",
    rf"(?P<name>\bredis-cli\b[^|;&]{{0,200}}? -a +)(?P<value>{_WORD})",
    rf"(?P<name>\bopenssl\b[^|;&]{{0,200}}? -(?:k|K|pass\w*) +)(?P<value>{_WORD})",
    # What is piped into a program that reads a password.
    r"(?P<name>\b(?:echo|printf) )(?P<value>[^|]+)(?=\|[^|]*(?:login|passw|passphrase))",
)
_NAMED_SECRETS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|dckr_(?:pat|oat)_[\w-]+"
    r"|A[KS]IA[A-Z0-9]{12,}|xox[abeprs]-[\w-]{8,}|npm_\w{20,}|[prs]k_(?:live|test)_\w{8,}|sk-[\w-]{20,}"
    r"|pypi-[\w-]{16,}|hf_\w{16,}|AIza[\w-]{20,}|eyJ[\w-]+\.[\w-]+\.?[\w-]*)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
    # Long words of digits and letters of both cases; digests have one case.
    r"|(?<![\w/.+-])(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d)\w{32,}(?![\w/])",
    re.ASCII,
)


def hide_secrets(text: str, replacement: str) -> str:
    """Return a line of text with values that may be secrets replaced."""
    for pattern in _NAMED_SECRETS:
        text = pattern.sub(lambda found: _join(found, replacement), text)
    return _TOKEN.sub(replacement, text)


def _join(found: re.Match[str], replacement: str) -> str:
    """Return a name with the replacement of its value, separated as in the text."""
    if found["value"] == replacement:
        return found[0]
    between = found.string[found.end("name") : found.start("value")]
    return f"{found['name']}{between}{replacement}"


def has_token(text: str) -> bool:
    """Tell whether a text has a part in the form of a well-known kind of token."""
    return _TOKEN.search(text) is not None
