"""What the parsers find: the references of a text, each with its line and its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_TEXT_BYTES = 256 * 1024
"""The longest text that is read, in bytes of UTF-8."""
MAX_REFERENCES = 2000
"""The most references that are read from one text; no file of people has as many."""
MAX_REFERENCE_CHARS = 400
"""The longest reference: a name of 255 characters with a tag of 128, cut for results."""


class SourceKind(StrEnum):
    """The kind of a text, as results name it."""

    DOCKERFILE = "Dockerfile"
    COMPOSE = "compose file"
    KUBERNETES = "Kubernetes manifest"
    YAML = "YAML"
    TEMPLATE = "template"
    LIST = "list"


class ReferenceStatus(StrEnum):
    """What a found reference is."""

    IMAGE = "image"
    """A complete reference, of any registry."""
    STAGE = "stage"
    """A build stage of the same Dockerfile."""
    SCRATCH = "scratch"
    """The empty image, which is not on any registry."""
    UNRESOLVED = "unresolved"
    """A reference with a variable without a known value."""
    BUILT = "built"
    """The name that a compose file gives to an image that it builds."""


@dataclass(frozen=True, slots=True)
class FoundReference:
    """A reference in a text.

    Attributes:
        line: The line, from 1.
        raw: The reference as it is written, with its variables.
        resolved: The reference with the values of variables; the same as `raw` without variables.
        place: The part of the file, such as `stage build` or `service web`; it ends with
            `(perhaps)` where it is not known to hold an image.
        status: What it is.
        reason: Why it is not an image to look up, or what its value was taken from; may be empty.
        platform: The platform that the file asks for; empty where it names none.
    """

    line: int
    raw: str
    resolved: str
    place: str = ""
    status: ReferenceStatus = ReferenceStatus.IMAGE
    reason: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A text with its references, in the order of the text.

    Attributes:
        kind: The kind of the text.
        references: The references.
        notes: Sentences about what was not read, or is doubtful.
    """

    kind: SourceKind
    references: tuple[FoundReference, ...]
    notes: tuple[str, ...] = ()


class SourceError(ValueError):
    """A text that cannot be read; the message names the line where there is one, and what to do."""


def cut_reference(text: str) -> str:
    """Return a reference, cut if it is too long to be one."""
    return text if len(text) <= MAX_REFERENCE_CHARS else f"{text[: MAX_REFERENCE_CHARS - 1]}…"
