"""Differences between two images: versions, layers, platforms, configuration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dockerhub_mcp.hub.models import Image, Platform
from dockerhub_mcp.registry import Descriptor, ImageConfig, ImageManifest
from dockerhub_mcp.tools.image_content.comparison import (
    MAX_CHANGE_ROWS,
    compare_layers,
    count_package_changes,
    limit_changes,
)
from dockerhub_mcp.tools.image_content.config_changes import compare_configs
from dockerhub_mcp.tools.image_content.inspection import describe_user
from dockerhub_mcp.tools.image_content.masking import HIDDEN
from dockerhub_mcp.tools.image_content.platform_changes import compare_platforms
from dockerhub_mcp.tools.image_content.versions import compare_versions


@pytest.mark.parametrize(
    ("first", "second", "text", "note"),
    [
        ("8.2.1", "8.2.3", "with_image is newer (patch version)", ""),
        ("8.2.1", "8.0.3", "image is newer (minor version)", ""),
        ("7.2.1-alpine", "8.0.3-alpine", "with_image is newer (major version)", ""),
        ("16.4-1", "16.4-2", "with_image is newer (build version)", ""),
        ("1.0.0-rc.1", "1.0.0", "with_image is newer (prerelease version)", ""),
        ("20260127", "20260202", "with_image has the later date", ""),
        ("8.2", "8.2.3", "", "of different kinds"),
        ("8.2.1", "8.2.3-alpine", "", "of different kinds"),
        ("latest", "8.2.3", "", "latest is not a version."),
        ("latest", "main", "", "latest and main are not versions."),
        ("1.2.3_arm64", "1.2.3-arm64", "", "spellings of the same version"),
        ("8.2", "8.2", "", ""),
        ("", "8.2", "", ""),
    ],
)
def test_tags_are_compared_as_versions(first: str, second: str, text: str, note: str) -> None:
    distance, problem = compare_versions(first, second)
    assert (distance.summary_text if distance else "") == text
    assert note in problem
    assert bool(note) == bool(problem)


def make_manifest(**layers: int) -> ImageManifest:
    descriptors = tuple(Descriptor("layer", digest, size) for digest, size in layers.items())
    return ImageManifest("d", "m", Descriptor("config", "c", 2), descriptors)


def test_a_pull_of_the_second_downloads_the_layers_that_the_first_has_not() -> None:
    layers = compare_layers(make_manifest(base=100, old=10), make_manifest(base=100, new=20, more=3))
    assert layers.model_dump() == {
        "shared": 1, "shared_size": 100, "added": 2, "added_size": 23, "removed": 1, "removed_size": 10,
    }  # fmt: skip
    assert layers.summary_text == (
        "1 shared (100B); a pull of with_image after image downloads 2 more (23B); 1 only in image (10B)"
    )


def test_a_layer_that_an_image_has_twice_counts_once() -> None:
    layer = Descriptor("layer", "same", 32)
    twice = replace(make_manifest(), layers=(layer, layer))
    assert compare_layers(make_manifest(), twice).added_size == 32


def test_platforms_are_gained_and_lost_and_updates_of_windows_are_neither() -> None:
    first = [
        Image(os="linux", architecture="amd64", size=1),
        Image(os="linux", architecture="s390x", size=2),
        Image(os="windows", architecture="amd64", os_version="10.0.20348.2113", size=3),
    ]
    second = [
        Image(os="linux", architecture="amd64", size=5),
        Image(os="linux", architecture="riscv64"),
        Image(os="windows", architecture="amd64", os_version="10.0.20348.4294", size=4),
        Image(os="windows", architecture="amd64", os_version="10.0.26100.1", size=6),
    ]
    rows, gained, lost = compare_platforms(first, second)
    assert [(row.platform, row.image, row.with_image) for row in rows] == [
        ("linux/amd64", 1, 5),
        ("windows(10.0.20348)/amd64", 3, 4),
    ]
    assert gained == ["linux/riscv64", "windows(10.0.26100)/amd64"]
    assert lost == ["linux/s390x"]


CONFIG = ImageConfig(
    Platform(os="linux", architecture="amd64"),
    user="app",
    exposed_ports=("80/tcp", "443/tcp"),
    environment=("APP_VERSION=1", "PASSWORD=old", "GONE=x"),
    entrypoint=("/run.sh",),
    command=("--password", "one"),
    volumes=("/data",),
    working_dir="/srv",
    labels={"same": "x", "version": "1", "long": "x" * 500 + "1"},
)


def list_changes(second: ImageConfig) -> list[tuple[str | None, str | None, str | None]]:
    return [(each.setting, each.image, each.with_image) for each in compare_configs(CONFIG, second)]


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ({}, []),
        ({"user": ""}, [("user", "app", "root")]),
        ({"user": "0:0"}, [("user", "app", "root")]),
        ({"exposed_ports": ("443/tcp", "80/tcp")}, []),
        ({"exposed_ports": ()}, [("ports", "443/tcp 80/tcp", None)]),
        ({"volumes": ("/data", "/etc")}, [("volumes", "/data", "/data /etc")]),
        ({"working_dir": ""}, [("working_dir", "/srv", None)]),
        ({"entrypoint": ()}, [("entrypoint", "/run.sh", None)]),
        (
            {"command": ("--password", "two")},
            [("command", f"--password {HIDDEN}", f"--password {HIDDEN} (differs in what is hidden or cut)")],
        ),
        (
            {"environment": ("APP_VERSION=2", "PASSWORD=new", "NEW=")},
            [
                ("env:APP_VERSION", "1", "2"),
                ("env:GONE", HIDDEN, None),
                ("env:NEW", None, '""'),
                ("env:PASSWORD", HIDDEN, f"{HIDDEN} (changed)"),
            ],
        ),
        (
            {"labels": {"same": "x", "version": "2", "new": "y"}},
            [
                ("label:long", "x" * 119 + "…", None),
                ("label:new", None, "y"),
                ("label:version", "1", "2"),
            ],
        ),
    ],
)
def test_changed_settings_are_listed(
    change: dict[str, object], rows: list[tuple[str, str | None, str | None]]
) -> None:
    assert list_changes(replace(CONFIG, **change)) == rows  # type: ignore[arg-type]


def test_a_change_behind_the_cut_is_said() -> None:
    labels = {**CONFIG.labels, "long": "x" * 500 + "2"}
    ((_, before, after),) = list_changes(replace(CONFIG, labels=labels))
    assert after == f"{before} (changed)"


def test_environment_values_that_differ_behind_the_cut_are_told_apart() -> None:
    first, second = (
        replace(CONFIG, environment=(f"PATH=/usr/bin:{'/opt/x' * 40}:/usr/lib/postgresql/{number}",))
        for number in (16, 18)
    )
    (change,) = compare_configs(first, second)
    assert change.with_image == f"{change.image} (changed)"


def test_a_windows_image_without_a_user_is_not_said_to_run_as_root() -> None:
    windows = replace(CONFIG, platform=Platform(os="windows", architecture="amd64"), user="")
    assert describe_user(windows) == "not set"
    assert describe_user(replace(windows, user="ContainerUser")) == "ContainerUser"
    assert describe_user(replace(CONFIG, user="")) == "root"


def test_packages_are_counted_and_the_first_changes_listed() -> None:
    first = {("deb", f"p{number:03}"): frozenset({"1"}) for number in range(50)}
    second = {key: frozenset({"2"}) for key in list(first)[:40]} | {("npm", "new"): frozenset({"3"})}
    counts, rows = count_package_changes(first, second)
    assert counts.summary_text == "1 added, 10 removed, 40 changed, 0 the same"
    assert len(rows) == 20 + 1 + 8
    assert (rows[0].package, rows[0].image, rows[0].with_image) == ("deb/p000", "1", "2")


def test_many_changes_are_counted_and_the_first_are_shown() -> None:
    second = replace(
        CONFIG,
        labels={f"label{n:05}": "token=hunter2" for n in range(15_000)},
        environment=tuple(f"NAME{n}=hunter2" for n in range(15_000)),
    )
    changes = compare_configs(CONFIG, second)
    assert len(changes) >= 30_000
    shown, notes = limit_changes(changes)
    assert all(each.setting for each in shown)
    assert notes == [f"{MAX_CHANGE_ROWS} of {len(changes)} changes are shown."]
