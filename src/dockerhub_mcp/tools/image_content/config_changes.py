"""What differs between the configurations of two images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dockerhub_mcp.registry import ImageConfig
from dockerhub_mcp.tools.image_content.attestations import AttestationFacts
from dockerhub_mcp.tools.image_content.comparison import MAX_CHANGE_ROWS
from dockerhub_mcp.tools.image_content.inspection import describe_user, find_base_image
from dockerhub_mcp.tools.image_content.masking import (
    hide_values,
    mask_arguments,
    mask_labels,
    mask_secrets,
)
from dockerhub_mcp.tools.image_content.reading import ImageContent
from dockerhub_mcp.tools.image_content.results.comparison import Change

_MAX_NAME_CHARS = 80
_DIGEST = re.compile(r"sha256:([0-9a-f]{12})[0-9a-f]{52}")

REPEATED_LABELS = frozenset(
    f"org.opencontainers.image.{name}" for name in ("base.digest", "base.name", "created", "revision")
)
"""Labels that repeat other rows: the date, the base image and the commit of the source."""


def compare_configs(first: ImageConfig, second: ImageConfig) -> list[Change]:
    """Return the settings that differ: user, command, ports, volumes and others, environment, labels."""
    changes = [
        Change(setting=name, image=before or None, with_image=after or None)
        for name, before, after in _list_settings(first, second)
        if before != after
    ]
    changes += _compare_environment(first.environment, second.environment)
    return changes + compare_labels(first.labels, second.labels)


def _list_settings(first: ImageConfig, second: ImageConfig) -> Iterable[tuple[str, str, str]]:
    """Yield the name of each setting with its value in both images, without hidden values."""
    yield "created", _format_created(first), _format_created(second)
    yield "user", describe_user(first), describe_user(second)
    for name in ("entrypoint", "command", "healthcheck", "shell"):
        before, after = getattr(first, name), getattr(second, name)
        if before != after:
            yield name, *_tell_apart(" ".join(mask_arguments(before)), " ".join(mask_arguments(after)))
    for name in ("exposed_ports", "volumes"):
        # Their order has no meaning.
        before, after = sorted(getattr(first, name)), sorted(getattr(second, name))
        title = name.removeprefix("exposed_")
        yield title, mask_secrets(" ".join(before)), mask_secrets(" ".join(after))
    for name in ("working_dir", "stop_signal"):
        yield name, mask_secrets(getattr(first, name)), mask_secrets(getattr(second, name))


def _format_created(config: ImageConfig) -> str:
    return config.created.isoformat()[:10] if config.created else ""


def _tell_apart(before: str, after: str) -> tuple[str, str]:
    """Return two values that differ; where only the hidden or cut part does, mark the second."""
    return (before, after) if before != after else (before, f"{after} (differs in what is hidden or cut)")


def _compare_environment(first: Iterable[str], second: Iterable[str]) -> list[Change]:
    """Return the environment variables that differ, with values only where they are harmless."""
    before, after = _split(first), _split(second)
    changes: list[Change] = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        if len(changes) >= MAX_CHANGE_ROWS:
            changes.append(Change())  # it is counted and never shown
            continue
        values = [
            None if value is None else hide_values([f"{name}={value}"])[0].partition("=")[2] or '""'
            for value in (before.get(name), after.get(name))
        ]
        if values[0] == values[1]:
            values[1] = f"{values[1]} (changed)"
        changes.append(
            Change(
                setting=mask_secrets(f"env:{name}", _MAX_NAME_CHARS), image=values[0], with_image=values[1]
            )
        )
    return changes


def _split(environment: Iterable[str]) -> dict[str, str]:
    pairs = (variable.partition("=") for variable in environment)
    return {name: value for name, _, value in pairs}


def compare_labels(first: Mapping[str, str], second: Mapping[str, str]) -> list[Change]:
    """Return the labels that differ, with values cut."""
    changes: list[Change] = []
    for name in sorted((first.keys() | second.keys()) - REPEATED_LABELS):
        if first.get(name) == second.get(name):
            continue
        if len(changes) >= MAX_CHANGE_ROWS:
            changes.append(Change())  # it is counted and never shown
            continue
        before, after = (
            next(iter(mask_labels({name: labels[name]}).values())) if name in labels else None
            for labels in (first, second)
        )
        if before is not None and before == after:
            after = f"{after} (changed)"
        changes.append(
            Change(setting=mask_secrets(f"label:{name}", _MAX_NAME_CHARS), image=before, with_image=after)
        )
    return changes


def compare_build(
    first: ImageContent,
    second: ImageContent,
    first_facts: AttestationFacts | None,
    second_facts: AttestationFacts | None,
) -> list[Change]:
    """Return what differs in base image and source, as annotations, labels and provenance claim them.

    What only one of them claims is no difference: the other may have left it out.
    """
    claims = [(find_base_image(first), find_base_image(second), "base_image")]
    if first_facts and second_facts and first_facts.provenance and second_facts.provenance:
        before, after = first_facts.provenance, second_facts.provenance
        claims += [
            (_shorten_digests(before.images), _shorten_digests(after.images), "built_from"),
            (before.source, after.source, "source"),
            (before.revision, after.revision, "revision"),
        ]
    return [
        Change(setting=name, image=one, with_image=other)
        for one, other, name in claims
        if one and other and one != other
    ]


def is_claim(setting: str) -> bool:
    """Tell whether a change is in what labels or provenance claim, not in what the image does."""
    return setting in {"base_image", "built_from", "source", "revision"} or setting.startswith("label:")


def _shorten_digests(references: Iterable[str]) -> str:
    """Return references with digests of 12 characters, which tell them apart."""
    return " ".join(_DIGEST.sub(r"sha256:\1", reference) for reference in references)
