"""SCIM filter expressions (RFC 7644, section 3.4.2.2) in the forms that agents write them."""

from __future__ import annotations

import re

ATTRIBUTES = ("userName", "displayName", "active", "id", "emails", "name.givenName", "name.familyName")
"""Attributes of users in the spelling of the schema; SCIM ignores case, services may not."""
_ATTRIBUTE_ALIASES = {
    "username": "userName",
    "user_name": "userName",
    "user": "userName",
    "email": "emails",
    "mail": "emails",
    "emails.value": "emails.value",
    "displayname": "displayName",
    "display_name": "displayName",
    "givenname": "name.givenName",
    "given_name": "name.givenName",
    "familyname": "name.familyName",
    "family_name": "name.familyName",
}
_ATTRIBUTES = {name.lower(): name for name in ATTRIBUTES} | _ATTRIBUTE_ALIASES
_OPERATORS = {
    "=": "eq",
    "==": "eq",
    ":": "eq",
    "equals": "eq",
    "!=": "ne",
    "contains": "co",
    "startswith": "sw",
}
_COMPARISON = re.compile(
    r"""\s*(?P<attribute>[\w.]+)\s*(?P<operator>==|!=|=|:|\b(?:eq|ne|co|sw|ew|gt|ge|lt|le|equals|contains|startswith)\b)
    \s*(?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|[“”][^“”]*[“”]|[^\s()"']+)\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_EMAIL = re.compile(r"[^\s@\"'()=]+@[^\s@\"'()=]+")


def normalize_attribute(name: str) -> str:
    """Return an attribute in the spelling of the schema; an unknown one as it is."""
    return _ATTRIBUTES.get(name.strip().lower(), name.strip())


def normalize_filter(text: str) -> str:
    """Return a filter with the schema's attribute names, lower-case operators and double quotes.

    An e-mail address alone means the user of that name. An expression of several comparisons stays as it is,
    except for the quotes around its values.
    """
    text = text.strip()
    if _EMAIL.fullmatch(text):
        return f'userName eq "{text}"'
    if found := _COMPARISON.fullmatch(text):
        return _format_comparison(found)
    parts = re.split(r"(\s+(?:and|or)\s+)", text, flags=re.IGNORECASE)
    matches = [_COMPARISON.fullmatch(part) for part in parts[::2]]
    if len(matches) > 1 and all(matches):
        joined = [_format_comparison(found) for found in matches if found]
        operators = [part.lower().strip() for part in parts[1::2]]
        return joined[0] + "".join(
            f" {operator} {each}" for operator, each in zip(operators, joined[1:], strict=True)
        )
    return text


def _format_comparison(found: re.Match[str]) -> str:
    operator, value = found["operator"].lower(), found["value"]
    if value[0] != '"' and value.lower() not in {"true", "false"}:
        stripped = value[1:-1] if value[0] in "'“”" else value
        value = '"' + stripped.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{normalize_attribute(found['attribute'])} {_OPERATORS.get(operator, operator)} {value}"
