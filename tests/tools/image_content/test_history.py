"""Layers are paired with the commands that made them."""

from __future__ import annotations

import pytest

from dockerhub_mcp.hub.models import Platform
from dockerhub_mcp.registry import Descriptor, HistoryEntry, ImageConfig, ImageManifest
from dockerhub_mcp.tools.image_content.history import pair_layers, shorten_command


def make_manifest(*sizes: int) -> ImageManifest:
    layers = tuple(Descriptor("layer", f"sha256:{number:064}", size) for number, size in enumerate(sizes))
    return ImageManifest("sha256:m", "manifest", Descriptor("config", "sha256:c", 2), layers)


def make_config(*history: HistoryEntry) -> ImageConfig:
    return ImageConfig(Platform(os="linux", architecture="amd64"), history=history)


def test_steps_without_layer_are_left_out() -> None:
    config = make_config(
        HistoryEntry(None, "ADD rootfs.tar /"),
        HistoryEntry(None, "ENV SECRET=hunter2", is_empty_layer=True),
        HistoryEntry(None, "RUN /bin/sh -c make # buildkit"),
    )
    steps, problem = pair_layers(make_manifest(10, 20), config)
    assert [(step.size, step.command) for step in steps] == [(10, "ADD rootfs.tar /"), (20, "RUN make")]
    assert problem == ""


@pytest.mark.parametrize("history", [(), (HistoryEntry(None, "one"),)])
def test_commands_are_not_assigned_where_the_numbers_differ(history: tuple[HistoryEntry, ...]) -> None:
    steps, problem = pair_layers(make_manifest(10, 20), make_config(*history))
    assert [step.command for step in steps] == [None, None]
    assert f"commands for {len(history)} layers and the image has 2" in problem


def test_without_configuration_only_the_sizes_are_known() -> None:
    steps, problem = pair_layers(make_manifest(10), None)
    assert [(step.size, step.command) for step in steps] == [(10, None)]
    assert problem == ""


@pytest.mark.parametrize(
    ("created_by", "command"),
    [
        ("/bin/sh -c #(nop) ADD file:abc in / ", "ADD file:abc in /"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("/bin/bash -o pipefail -c make", "/bin/bash -o pipefail -c make"),
        ("COPY docker-entrypoint.sh /usr/local/bin/ # buildkit", "COPY docker-entrypoint.sh /usr/local/bin/"),
        (
            "RUN |2 TOKEN=hunter2 MODE=fast /bin/sh -c make all # buildkit",
            "RUN make all (build arguments: TOKEN MODE)",
        ),
        ("|1 TOKEN=hunter2 /bin/sh -c make", "RUN make (build arguments: TOKEN)"),
        ("RUN |1 TOKEN=hunter2", "RUN (build arguments: TOKEN)"),
        ("", ""),
    ],
)
def test_a_command_is_written_as_in_a_dockerfile(created_by: str, command: str) -> None:
    assert shorten_command(created_by) == command


def test_a_huge_command_is_cut() -> None:
    assert len(shorten_command("RUN " + "x" * 1_000_000)) <= 120


def test_layers_without_end_are_cut() -> None:
    steps, problem = pair_layers(make_manifest(*range(1000)), None)
    assert len(steps) == 150
    assert problem == "The first 150 of 1000 layers are listed."


def test_a_value_that_looks_like_a_command_stays_hidden() -> None:
    command = "RUN |2 FIRST=x /bin/y SECOND=hunter2 /bin/sh -c make # buildkit"
    assert shorten_command(command) == "RUN make (build arguments: FIRST SECOND)"
