"""Kind: a SCIM filter in a form that the service would refuse, or compare with nothing."""

from __future__ import annotations

from dockerhub_mcp.hub.api.scim_filters import normalize_filter

WANTED = 'userName eq "bo@example.com"'


def test_filters_are_written_as_the_schema_does() -> None:
    for given in (
        WANTED,
        "userName eq 'bo@example.com'",
        "userName eq bo@example.com",
        "username EQ “bo@example.com”",
        "USERNAME = 'bo@example.com'",
        'userName=="bo@example.com"',
        "user_name: bo@example.com",
        "userName equals bo@example.com",
        "bo@example.com",
        " bo@example.com ",
    ):
        assert normalize_filter(given) == WANTED, given
    for given, expected in {
        "active eq True": "active eq True",
        'EMAIL co "example"': 'emails co "example"',
        "displayname startsWith bo": 'displayName sw "bo"',
        "userName eq 'a' AND active eq true": 'userName eq "a" and active eq true',
        "givenName eq 'Bo' or familyName eq 'Lind'": ('name.givenName eq "Bo" or name.familyName eq "Lind"'),
        "nickName eq 'bo'": 'nickName eq "bo"',
        'userName eq "a \\"b\\""': 'userName eq "a \\"b\\""',
    }.items():
        assert normalize_filter(given) == expected, given


def test_other_expressions_are_sent_as_they_are() -> None:
    for given in ('not (userName eq "a")', '(userName eq "a") and active eq true', "userName pr", "", "??"):
        assert normalize_filter(given) == given
