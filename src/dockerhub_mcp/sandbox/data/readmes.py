"""The full descriptions of repositories, rendered from templates when first read."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from dockerhub_mcp.sandbox.data.deterministic import derive_digest
from dockerhub_mcp.sandbox.data.files import load_records, load_template
from dockerhub_mcp.sandbox.data.official_images import OfficialImage
from dockerhub_mcp.sandbox.data.releases import TagTemplate, build_named_tags, build_release_tags

SUPPORTED_DAYS = 100
"""The number of days after its last release for which a release line is still listed as supported."""
SUITES = ("trixie", "bookworm", "noble")
VARIANT_TEMPLATES = {"-alpine": "variant_alpine", "-slim": "variant_slim", "windows": "variant_windows"}
"""The template that describes a variant, by the part of a tag's name that marks the variant."""


class ReadmeFacts(NamedTuple):
    """What the README of an official image says about the software in it.

    Attributes:
        title: The name of the software.
        home: The URL of the project.
        licence: The licence of the software.
        about: A description in two or three sentences.
        port: The port that a server listens on, 0 for other software.
        data_directory: The directory that should be a volume; empty for software without data.
        config_file: The path of the configuration file; empty for software without one.
        example_command: The command after the image's name that shows that it works.
        environment_variables: The meaning of each supported environment variable.
    """

    title: str
    home: str
    licence: str
    about: str
    port: int = 0
    data_directory: str = ""
    config_file: str = ""
    example_command: str = ""
    environment_variables: dict[str, str] = {}  # noqa: RUF012 - never changed

    @property
    def password_variable(self) -> str | None:
        """The name of the variable with a password that the first start requires, or None."""
        first = next(iter(self.environment_variables), "")
        return first if first.endswith("PASSWORD") else None


class SupportedBuild(NamedTuple):
    """A build that still gets updates: its tags, and the directory of its Dockerfile."""

    tag_names: list[str]
    directory: str


def render_published_readme(namespace: str, name: str, description: str) -> str:
    """Return the README of an image that is not an official one."""
    text = load_template("published").format(
        title=name.replace("-", " ").capitalize(),
        namespace=namespace,
        name=name,
        description=description,
        prefix=name.upper().replace("-", "_"),
    )
    return f"{text}\n"


def render_official_readme(image: OfficialImage, now: float) -> str:
    """Return the README of an official image."""
    facts = ReadmeFacts(**load_records("readme_facts")[image.name])
    builds = list(_iter_supported_builds(image, now))
    values = _collect_template_values(image, facts, builds[0].tag_names if builds else ["latest"])
    sections = [load_template("opening").format(**values)]
    sections += _render_supported_tags(image.name, builds)
    # The list of tags ends with a second empty line.
    sections[-1] += "\n"
    names = ["reference", "server" if facts.port else "program"]
    names += ["configuration"] if facts.config_file else []
    names += ["data"] if facts.data_directory else []
    sections += [load_template(name).format(**values) for name in names]
    if facts.environment_variables:
        sections.append(load_template("environment"))
        sections += [f"### `{name}`\n\n{use}" for name, use in facts.environment_variables.items()]
    sections += _render_variants(builds, values)
    sections.append(load_template("licence").format(**values))
    return "\n\n".join(sections) + "\n"


def _collect_template_values(
    image: OfficialImage, facts: ReadmeFacts, newest_tag_names: list[str]
) -> dict[str, Any]:
    name = image.name
    architectures = (f"`{platform.architecture}{platform.variant or ''}`" for platform in image.platforms)
    return {
        **facts._asdict(),
        "name": name,
        "tag": next((tag for tag in newest_tag_names if tag != "latest"), "latest"),
        "source": f"https://github.com/docker-library/{name}",
        "architectures": ", ".join(architectures),
        "required": f"-e {facts.password_variable}=a-secret " if facts.password_variable else "",
        "publish": f"-p {facts.port}:{facts.port} " if facts.port else "",
        "compose": _render_compose_options(facts, name),
        "command": facts.example_command or "sh",
        "file": facts.config_file,
    }


def _render_compose_options(facts: ReadmeFacts, name: str) -> str:
    options = ""
    if facts.password_variable:
        options += f"\n    environment:\n      {facts.password_variable}: a-secret"
    if facts.data_directory:
        options += f"\n    volumes:\n      - {name}-data:{facts.data_directory}\nvolumes:\n  {name}-data:"
    return options


def _iter_supported_builds(image: OfficialImage, now: float) -> Iterator[SupportedBuild]:
    newest_age = min((line.age_days for line in image.release_lines), default=0)
    max_age = max(SUPPORTED_DAYS, newest_age)
    release_lines = tuple(
        line._replace(first_patch=line.last_patch) for line in image.release_lines if line.age_days <= max_age
    )
    named_builds = [build for build in image.named_builds if build.age_days <= max_age]
    template = TagTemplate("library", image.name, 0)
    tags = build_release_tags(template, release_lines, now) + build_named_tags(template, named_builds, now)
    tag_names: dict[str, list[str]] = {}
    for tag in tags:
        tag_names.setdefault(tag.build_key, []).append(tag.name)
    for build_key, names in tag_names.items():
        version, slash, suffix = build_key.partition("/")
        directory = version.rpartition(".")[0] if slash else version.split()[0]
        yield SupportedBuild(names, f"{directory}/{suffix}" if suffix else directory)


def _render_supported_tags(name: str, builds: list[SupportedBuild]) -> list[str]:
    lines = []
    for tag_names, directory in builds:
        commit = derive_digest("dockerfile", name, directory)[7:47]
        url = f"https://github.com/docker-library/{name}/blob/{commit}/{directory}/Dockerfile"
        lines.append(f"-\t[{', '.join(f'`{tag}`' for tag in tag_names)}]({url})")
    return lines


def _render_variants(builds: list[SupportedBuild], values: dict[str, Any]) -> list[str]:
    tag_names = [name for build in builds for name in build.tag_names]
    suites = [suite for suite in SUITES if any(suite in name for name in tag_names)]
    templates = ["variants"] if suites else []
    templates += [
        template
        for marker, template in VARIANT_TEMPLATES.items()
        if any(marker in name for name in tag_names)
    ]
    shown_suites = " and ".join(f"`{suite}`" for suite in suites)
    return [load_template(template).format(**values, suites=shown_suites) for template in templates]
