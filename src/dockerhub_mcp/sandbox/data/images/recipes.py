"""How images are built: their configuration and the commands of their history, per repository."""

import json
from functools import cache, lru_cache
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.data.files import load_records
from dockerhub_mcp.sandbox.data.images.content import ImageBuild, encode_json
from dockerhub_mcp.sandbox.timestamps import format_seconds

OFFICIAL_NAMESPACE = "library"
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CACHE_SIZE = 64


class Recipe(NamedTuple):
    """The configuration of an image, and the commands of its history."""

    config: dict[str, Any]
    base_command: str
    env_commands: tuple[str, ...]
    dependency_command: str
    main_command: str
    copy_commands: tuple[str, ...]
    final_commands: tuple[str, ...]
    source: str
    build_args: dict[str, str]
    generated_package_count: int
    """The number of further packages, for SBOMs of an unusual size."""
    packages: tuple[tuple[str, str, str], ...]
    """Type, name and version of each package that the build adds to the base image."""


@lru_cache(CACHE_SIZE)
def make_recipe(build: ImageBuild) -> Recipe:
    """Return the recipe of a build. Callers share it, so it must not be changed."""
    numbers = [*build.version.split("-")[0].split("."), "0"]
    values = {
        "version": build.version,
        "minor": ".".join(numbers[:2]),
        "major": numbers[0],
        "name": build.repository,
        "namespace": build.namespace,
    }
    text = _find_template(build)
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    record: dict[str, Any] = json.loads(text)
    env = [f"PATH={record.get('path', DEFAULT_PATH)}", *record.get("env", ())]
    config = _build_config(build, record, env)
    # The image of a distribution is its root file system and a shell.
    is_root = not build.base.layer_size
    main = record.get("main", f"RUN /bin/sh -c set -eux; install {build.repository} {build.version}")
    return Recipe(
        config=config,
        base_command='CMD ["/bin/sh"]' if build.base.name.startswith("alpine") else 'CMD ["bash"]',
        env_commands=tuple(f"ENV {variable}" for variable in env[1:]),
        dependency_command=record.get(
            "dependencies", "RUN /bin/sh -c set -eux; install ca-certificates tzdata"
        ),
        main_command="ADD rootfs.tar.gz /" if is_root else main,
        copy_commands=tuple(f"COPY {files}" for files in record.get("copy", ())),
        final_commands=_list_final_commands(config),
        source=record.get("source", f"https://github.com/{build.namespace}/{build.repository}.git"),
        generated_package_count=record.get("generated_package_count", 0),
        build_args=record.get("build_args", {}),
        packages=tuple(tuple(package) for package in record.get("packages", ())),
    )


def _find_template(build: ImageBuild) -> str:
    """Return the record of an image as JSON with places for the version and the like."""
    records = _load_templates()
    names = [f"{build.path}:{build.build_key}", build.path]
    if build.namespace == OFFICIAL_NAMESPACE:
        names.append(build.repository)
    return next((records[name] for name in names if name in records), records["default"])


@cache
def _load_templates() -> dict[str, str]:
    return {name: json.dumps(record) for name, record in load_records("image_recipes").items()}


def _build_config(build: ImageBuild, record: dict[str, Any], env: list[str]) -> dict[str, Any]:
    labels = {
        "org.opencontainers.image.created": format_seconds(build.created_at),
        "org.opencontainers.image.version": build.version,
        "org.opencontainers.image.title": build.repository,
    }
    if "source" in record:
        labels["org.opencontainers.image.source"] = record["source"].removesuffix(".git")
    if build.base.layer_size:
        labels["org.opencontainers.image.base.name"] = _qualify_name(build.base.name)
    labels |= record.get("labels", {})
    optional: dict[str, Any] = {
        "User": record.get("user"),
        "ExposedPorts": {port: {} for port in record.get("ports", ())},
        "Env": env,
        "Entrypoint": record.get("entrypoint"),
        "Cmd": record.get("cmd"),
        "Volumes": {volume: {} for volume in record.get("volumes", ())},
        "WorkingDir": record.get("workdir"),
        "Labels": labels,
        "StopSignal": record.get("stop_signal"),
        "Healthcheck": record.get("healthcheck"),
    }
    return {name: value for name, value in optional.items() if value}


def _qualify_name(name: str) -> str:
    """Return the name of an image with its registry and namespace."""
    if "/" not in name:
        return f"docker.io/{OFFICIAL_NAMESPACE}/{name}"
    # The name of a registry has a dot, unlike that of a namespace.
    return name if "." in name.partition("/")[0] else f"docker.io/{name}"


def _list_final_commands(config: dict[str, Any]) -> tuple[str, ...]:
    commands = []
    if "Volumes" in config:
        commands.append(f"VOLUME [{' '.join(config['Volumes'])}]")
    if "WorkingDir" in config:
        commands.append(f"WORKDIR {config['WorkingDir']}")
    if "User" in config:
        commands.append(f"USER {config['User']}")
    if "ExposedPorts" in config:
        commands.append(f"EXPOSE map[{' '.join(f'{port}:{{}}' for port in config['ExposedPorts'])}]")
    for name, key in (("ENTRYPOINT", "Entrypoint"), ("CMD", "Cmd")):
        if key in config:
            commands.append(f"{name} {encode_json(config[key]).decode()}")
    return tuple(commands)
