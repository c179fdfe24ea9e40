from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dockerhub_mcp.hub.api.image_reference import ImageReference, parse_reference
from dockerhub_mcp.hub.methods import CheckRepository, GetTag, ListTags
from tests.support.property_testing import examples

SHA = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "namespace", "repository", "tag"),
    [
        ("redis", None, "redis", None),
        (" redis ", None, "redis", None),
        ("redis:8.2-alpine", None, "redis", "8.2-alpine"),
        ("bitnami/redis", "bitnami", "redis", None),
        ("bitnami/redis:7", "bitnami", "redis", "7"),
        ("docker.io/redis", None, "redis", None),
        ("docker.io/library/redis:8", "library", "redis", "8"),
        ("index.docker.io/a/b", "a", "b", None),
        ("registry-1.docker.io/a/b:c", "a", "b", "c"),
        ("registry.hub.docker.com/a/b", "a", "b", None),
        ("DOCKER.IO/a/b", "a", "b", None),
        ("docker://a/b:c", "a", "b", "c"),
        ("https://hub.docker.com/_/redis", "library", "redis", None),
        ("https://hub.docker.com/_/redis/tags?name=8", "library", "redis", None),
        ("https://hub.docker.com/_/redis/tags/", "library", "redis", None),
        ("hub.docker.com/r/bitnami/redis", "bitnami", "redis", None),
        ("hub.docker.com/r/bitnami/redis/tags", "bitnami", "redis", None),
        ("https://hub.docker.com/r/bitnami/redis/tags/7.4", "bitnami", "redis", "7.4"),
        ("https://hub.docker.com/layers/library/redis/8.2/images/sha256-0a", "library", "redis", "8.2"),
        ("https://hub.docker.com/layers/library/redis/8.2", "library", "redis", "8.2"),
        ("https://hub.docker.com/repository/docker/acme/web/general", "acme", "web", None),
        ("https://hub.docker.com/repository/docker/acme/web/tags/1/sha256-0a", "acme", "web", "1"),
        ("https://hub.docker.com/v2/namespaces/acme/repositories/web/tags/1", "acme", "web", "1"),
        ("https://hub.docker.com/acme/web", "acme", "web", None),
    ],
)
def test_references_are_parsed(text: str, namespace: str | None, repository: str, tag: str | None) -> None:
    assert parse_reference(text) == ImageReference(namespace, repository, tag, None)


@pytest.mark.parametrize("text", [f"redis:8@{SHA}", f"docker.io/library/redis:8@{SHA}"])
def test_a_digest_is_parsed(text: str) -> None:
    reference = parse_reference(text)
    assert (reference.repository, reference.tag, reference.digest) == ("redis", "8", SHA)


@pytest.mark.parametrize("text", ["ghcr.io/a/b", "localhost/a", "localhost:5000/a/b:1", "quay.io/a"])
def test_other_registries_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is another registry"):
        parse_reference(text)


@pytest.mark.parametrize("text", ["a/b/c", "", "/", "docker.io/a/b/c"])
def test_a_text_that_is_not_a_repository_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a repository of Docker Hub"):
        parse_reference(text)


@examples(60)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        assert parse_reference(text).repository
    except ValueError as error:
        assert "Docker Hub" in str(error)  # noqa: PT017


def test_a_reference_in_repository_fills_the_other_arguments() -> None:
    call = GetTag.model_validate({"repository": "docker.io/bitnami/redis:7"})
    assert (call.namespace, call.repository, call.tag, call.notes) == ("bitnami", "redis", "7", ())


def test_an_unused_tag_is_ignored_with_a_note() -> None:
    call = ListTags(repository=f"redis:8@{SHA}")
    assert (call.namespace, call.repository) == ("library", "redis")
    assert call.notes == (
        f"The digest {SHA} in repository was ignored.",
        "The tag '8' in repository was ignored.",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"repository": "a/b:1", "tag": "2"}, "repository says tag '1', but tag is '2'; give one"),
        ({"repository": "a/b:1", "namespace": "c"}, "repository says namespace 'a', but namespace is 'c'"),
        ({"repository": "ghcr.io/a/b:1"}, "ghcr.io is another registry"),
    ],
)
def test_contradictions_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        GetTag.model_validate(arguments)


def test_repeating_the_same_value_is_accepted() -> None:
    call = GetTag.model_validate({"namespace": "a", "repository": "a/b:1", "tag": "1"})
    assert (call.namespace, call.repository, call.tag) == ("a", "b", "1")


def test_a_reference_without_a_namespace_keeps_the_argument() -> None:
    assert CheckRepository(namespace="acme", repository="web:1").namespace == "acme"


def test_a_repository_of_another_type_is_refused() -> None:
    with pytest.raises(ValidationError, match="valid string"):
        CheckRepository.model_validate({"repository": [5]})
