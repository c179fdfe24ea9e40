"""Globs of tag names: what they match, in linear time, and what is refused."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.tag_search.globs import GlobSet, find_name_part, looks_like_regex, validate_globs


@pytest.mark.parametrize(
    ("glob", "name", "matches"),
    [
        ("8.2", "8.2", True),
        ("8.2", "8.2.1", False),
        ("8.*", "8.2.1", True),
        ("8.*", "80", False),
        ("*-alpine", "8.2-alpine", True),
        ("*-alpine", "8.2-alpine3.22", False),
        ("*alpine*", "alpine", True),
        ("*Alpine*", "8-alpine", False),
        ("8.?", "8.2", True),
        ("8.?", "8.22", False),
        ("8.[0-2]", "8.1", True),
        ("8.[0-2]", "8.3", False),
        ("8.[!0-2]", "8.3", True),
        ("*", "anything", True),
    ],
)
def test_a_glob_matches_the_whole_name_and_its_case(glob: str, name: str, matches: bool) -> None:
    assert GlobSet(validate_globs([glob]) or ()).matches(name) is matches


def test_several_globs_are_alternatives() -> None:
    globs = GlobSet(["8.*", "*-alpine", "8.*"])
    assert (globs.matches("8.2"), globs.matches("7-alpine"), globs.matches("7")) == (True, True, False)
    assert globs.globs == ("8.*", "*-alpine")
    assert not GlobSet(())


@pytest.mark.parametrize("glob", ["*a" * 60 + "b", "a*" * 60 + "b", "?*" * 60 + "b", "*[ab]*" * 21 + "c"])
def test_a_glob_of_many_wildcards_does_not_backtrack(glob: str) -> None:
    globs = GlobSet(validate_globs([glob]) or ())
    assert not any(globs.matches("a" * 127 + str(number)) for number in range(2_000))


@pytest.mark.parametrize("glob", ["^8", "8$", r"\d+", "8|7", "(8)", "8{2}", "[0-9]+", ".*alpine"])
def test_a_regular_expression_is_refused(glob: str) -> None:
    with pytest.raises(ValueError, match="globs"):
        validate_globs([glob])


@pytest.mark.parametrize("glob", ["redis:8.2", "a b", "", "[", "[]", "8/2", "é*"])
def test_what_no_name_can_match_is_refused(glob: str) -> None:
    with pytest.raises(ValueError, match="takes globs of tag names, such as"):
        validate_globs([glob])


def test_globs_have_limits() -> None:
    with pytest.raises(ValueError, match="at most 20 globs"):
        validate_globs(["8"] * 21)
    with pytest.raises(ValueError, match="at most 128 characters"):
        validate_globs(["8" * 129])
    assert validate_globs(None) is None


@pytest.mark.parametrize(
    ("globs", "part"),
    [
        ([], ""),
        (["*"], ""),
        (["8*"], ""),
        (["8.*"], "8."),
        (["*-alpine*"], "-alpine"),
        (["8.2-*-alpine?"], "-alpine"),
        (["8.[0-9]-alpine"], "-alpine"),
        (["8.*-alpine", "7.*-alpine"], "-alpine"),
        (["*-alpine", "*-alpine3.22"], "-alpine"),
        (["*-alpine", "*-slim"], ""),
    ],
)
def test_the_part_that_each_name_contains(globs: list[str], part: str) -> None:
    assert find_name_part(globs) == part


def test_a_glob_that_may_be_meant_as_a_regular_expression() -> None:
    assert looks_like_regex("alpine.*")
    assert not looks_like_regex("8.*")
