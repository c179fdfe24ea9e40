"""The layers of an image with the commands that made them."""

from __future__ import annotations

import re

from dockerhub_mcp.registry import ImageConfig, ImageManifest
from dockerhub_mcp.tools.image_content.masking import MAX_COMMAND_CHARS, mask_secrets
from dockerhub_mcp.tools.image_content.results.inspection import LayerStep
from dockerhub_mcp.tools.results.sanitize import sanitize_line

_SHELL_NOTE = re.compile(r"^/bin/sh -c #\(nop\)\s*")
_SHELL = re.compile(r"^(?:RUN )?/bin/(?:ba|da)?sh (?:-\w+ )*-\w*c ")
_BUILD_ARGUMENTS = re.compile(r"^(?:RUN )?\|(\d+) ")
_ARGUMENT_NAME = re.compile(r"(?:^| )([A-Za-z_]\w*)=")
_BUILDKIT_MARK = re.compile(r"\s*# buildkit$")
_MAX_SCANNED_CHARS = 4096
_MAX_TYPE_CHARS = 120
_MAX_LAYERS = 150
"""Engines take 127 layers; a manifest may name tens of thousands."""


def pair_layers(manifest: ImageManifest, config: ImageConfig | None) -> tuple[list[LayerStep], str]:
    """Return the layers, the base first, and why no command can be assigned to them, if so."""
    commands = [step.created_by for step in config.history if not step.is_empty_layer] if config else []
    problem = ""
    if config and len(commands) != len(manifest.layers):
        problem = (
            f"The history has commands for {len(commands)} layers and the image has {len(manifest.layers)}, "
            "so they are not assigned to layers."
        )
        commands = []
    commands = commands or [""] * len(manifest.layers)
    pairs = list(zip(manifest.layers, commands, strict=True))[:_MAX_LAYERS]
    steps = [LayerStep(size=layer.size, command=shorten_command(command) or None) for layer, command in pairs]
    if len(pairs) < len(manifest.layers):
        problem = f"{problem} The first {_MAX_LAYERS} of {len(manifest.layers)} layers are listed.".lstrip()
    return steps, problem


def list_artifact_layers(manifest: ImageManifest) -> list[LayerStep]:
    """Return the layers of an artifact, which have types of their own and no commands."""
    return [
        LayerStep(size=layer.size, media_type=sanitize_line(layer.media_type, _MAX_TYPE_CHARS))
        for layer in manifest.layers[:_MAX_LAYERS]
    ]


def shorten_command(created_by: str) -> str:
    """Return the command of a build step as in a Dockerfile, cut; values that may be secrets are hidden."""
    text = " ".join(created_by[:_MAX_SCANNED_CHARS].split())
    text = _BUILDKIT_MARK.sub("", _SHELL_NOTE.sub("", text))
    if found := _BUILD_ARGUMENTS.match(text):
        # The values of arguments may look like a command: only what follows the last shell is one for sure.
        given, separator, command = text[found.end() :].rpartition(" /bin/")
        names = _ARGUMENT_NAME.findall(given or command)[: int(found[1][:3])]
        command = _SHELL.sub("", f"/bin/{command}") if separator else ""
        masked = mask_secrets(f"RUN {command}")
        return sanitize_line(f"{masked} (build arguments: {' '.join(names)})", MAX_COMMAND_CHARS)
    if _SHELL.match(text):
        text = f"RUN {_SHELL.sub('', text)}"
    return mask_secrets(text)
