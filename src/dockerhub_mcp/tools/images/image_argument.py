"""The argument that names an image."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from dockerhub_mcp.registry.references import is_repository, is_tag
from dockerhub_mcp.tools.images.target import ImageTarget

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def validate_image(text: str) -> str:
    """Check that a text names an image of Docker Hub.

    Raises:
        ValueError: It is no reference, one of another registry, or one with an invalid digest.
    """
    target = ImageTarget.parse(text)
    if not is_repository(target.full_name) or (target.tag and not is_tag(target.tag)):
        msg = "is no name of an image; write it in lower case, such as redis:8.2 or acme/app:1.4"
        raise ValueError(msg)
    if target.digest and not _DIGEST.fullmatch(target.digest):
        msg = "a digest is sha256: and 64 characters 0-9a-f; find_tags finds the tags of a shortened one"
        raise ValueError(msg)
    return text


ImageArgument = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500),
    AfterValidator(validate_image),
]
