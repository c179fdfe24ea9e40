"""Find images line by line: in lists of references, and in templates that are no YAML."""

from __future__ import annotations

import re

from dockerhub_mcp.tools.image_sources.model import (
    MAX_REFERENCES,
    FoundReference,
    ImageSource,
    ReferenceStatus,
    SourceKind,
    cut_reference,
)

_IMAGE_LINE = re.compile(r"""^\s*(?:-\s+)?["']?image["']?\s*:\s+(\S.*)$""")
_BULLET = re.compile(r"^(?:[-*+]|\d{1,4}[.)])\s+")


def read_list(text: str) -> ImageSource:
    """Return the references of a list, one on each line; bullets, quotes and comments are left out."""
    references: list[FoundReference] = []
    for number, line in enumerate(text.split("\n"), 1):
        reference = _strip_comment(_BULLET.sub("", line.strip())).strip("\"',`")
        if reference and not reference.startswith("#") and len(references) < MAX_REFERENCES:
            raw = cut_reference(reference)
            references.append(FoundReference(number, raw, raw))
    return ImageSource(SourceKind.LIST, tuple(references))


def read_template_lines(text: str, problem: str) -> ImageSource:
    """Return the `image:` lines of a template, such as one of Helm.

    Args:
        text: The template.
        problem: Why it is no YAML.
    """
    references: list[FoundReference] = []
    for number, line in enumerate(text.split("\n"), 1):
        found = _IMAGE_LINE.match(line.rstrip())
        if found is None or len(references) >= MAX_REFERENCES:
            continue
        raw = cut_reference(_strip_comment(found[1]).strip("\"'"))
        status, reason = ReferenceStatus.IMAGE, ""
        if "{{" in raw:
            status = ReferenceStatus.UNRESOLVED
            reason = "a template expression; render the template first, or pass the image with its value"
        references.append(FoundReference(number, raw, raw, "", status, reason))
    note = f"It is a template, not YAML ({problem.partition(';')[0]}): only its `image:` lines were read."
    return ImageSource(SourceKind.TEMPLATE, tuple(references), (note,))


def _strip_comment(text: str) -> str:
    """Return a value without the comment behind it."""
    return re.split(r"\s#", text, maxsplit=1)[0].strip()
