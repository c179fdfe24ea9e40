"""Parse the configuration of an image."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.registry.models import HistoryEntry, ImageConfig
from dockerhub_mcp.registry.parsing.json_values import (
    decode_object,
    get_flag,
    get_list,
    get_object,
    get_text,
    get_text_map,
    get_texts,
    get_time,
    require_object,
)
from dockerhub_mcp.registry.parsing.manifests import parse_platform

_IDENTIFYING_KEYS = ("architecture", "os", "rootfs")


def parse_config(content: bytes) -> ImageConfig:
    """Parse the configuration of an image.

    Raises:
        ValueError: It is something else.
    """
    data = decode_object(content)
    if not any(key in data for key in _IDENTIFYING_KEYS):
        msg = "the answer is no configuration of an image"
        raise ValueError(msg)
    config = get_object(data, "config")
    return ImageConfig(
        platform=parse_platform(data),
        created=get_time(data, "created"),
        author=get_text(data, "author"),
        user=get_text(config, "User"),
        exposed_ports=tuple(get_object(config, "ExposedPorts")),
        environment=get_texts(config, "Env"),
        entrypoint=_get_command(config, "Entrypoint"),
        command=_get_command(config, "Cmd"),
        volumes=tuple(get_object(config, "Volumes")),
        working_dir=get_text(config, "WorkingDir"),
        labels=get_text_map(config, "Labels"),
        stop_signal=get_text(config, "StopSignal"),
        healthcheck=get_texts(get_object(config, "Healthcheck"), "Test"),
        shell=_get_command(config, "Shell"),
        diff_ids=get_texts(get_object(data, "rootfs"), "diff_ids"),
        history=tuple(map(_parse_history_entry, get_list(data, "history"))),
    )


def _get_command(config: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return the words of a command; old builders wrote a single text."""
    value = config.get(key)
    return (value,) if isinstance(value, str) else get_texts(config, key)


def _parse_history_entry(value: Any) -> HistoryEntry:
    data = require_object(value, "an entry of the history")
    return HistoryEntry(
        created=get_time(data, "created"),
        created_by=get_text(data, "created_by"),
        comment=get_text(data, "comment"),
        is_empty_layer=get_flag(data, "empty_layer"),
    )
