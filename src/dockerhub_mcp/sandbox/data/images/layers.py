"""The layers of images: those of the base image, of dependencies, and of the software itself."""

from dockerhub_mcp.sandbox.data.deterministic import derive_digest, derive_number
from dockerhub_mcp.sandbox.data.images.content import ImageBuild, Layer
from dockerhub_mcp.sandbox.data.images.recipes import Recipe
from dockerhub_mcp.sandbox.image_records import PlatformRecord

WINDOWS_MIN_SIZE = 1_500_000_000
MAX_BASE_FRACTION = 0.8
SCRIPT_MAX_SIZE = 3_000
DEPENDENCY_FRACTION = 0.1
"""The size of the layer of dependencies, as a fraction of that of the base image."""


def derive_image_size(build: ImageBuild, platform: PlatformRecord) -> int:
    """Return the size of the image of a platform; that of the first platform is the size of the tag."""
    if platform == build.platforms[0]:
        return build.size
    if platform.os == "windows":
        return WINDOWS_MIN_SIZE + derive_number(*build.seed, *platform, below=400_000_000)
    return build.size * (85 + derive_number(*build.seed, *platform, below=30)) // 100


def build_layers(build: ImageBuild, platform: PlatformRecord, recipe: Recipe) -> tuple[Layer, ...]:
    """Return all steps of the build of an image, the base first. Their sizes add up to that of the image.

    Images of one repository that are built from the same base image share the layers of the base and of
    the dependencies.
    """
    remaining = derive_image_size(build, platform)
    layers: list[Layer] = []
    if build.base.layer_size:
        base, dependencies = _build_shared_layers(build, platform, remaining, recipe)
        remaining -= base.size + dependencies.size
        layers += [base, Layer(recipe.base_command), *_as_empty(recipe.env_commands), dependencies]
    else:
        layers += _as_empty(recipe.env_commands)
    scripts = []
    for command in recipe.copy_commands:
        size = min(300 + derive_number(*build.seed, command, below=SCRIPT_MAX_SIZE), remaining // 2)
        scripts.append(Layer(command, derive_digest(*build.seed, *platform, command), size))
        remaining -= size
    layers.append(Layer(recipe.main_command, derive_digest(*build.seed, *platform, "main"), remaining))
    return (*layers, *scripts, *_as_empty(recipe.final_commands))


def _build_shared_layers(
    build: ImageBuild, platform: PlatformRecord, image_size: int, recipe: Recipe
) -> tuple[Layer, Layer]:
    name, usual_size = build.base
    if platform.os == "windows":
        usual_size = WINDOWS_MIN_SIZE
    limit = int(image_size * MAX_BASE_FRACTION)
    size = min(usual_size * (90 + derive_number(name, *platform, below=10)) // 100, limit)
    base = Layer(f"# {name}", derive_digest("base", name, *platform, size), size)
    size = int(size * DEPENDENCY_FRACTION)
    seed = (build.namespace, build.repository, name, *platform, size)
    return base, Layer(recipe.dependency_command, derive_digest("dependencies", *seed), size)


def _as_empty(commands: tuple[str, ...]) -> list[Layer]:
    return [Layer(command) for command in commands]
