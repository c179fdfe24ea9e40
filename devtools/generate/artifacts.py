"""Running generators, and comparing their output with the files of the checkout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

Files = Mapping[Path, str | None]
"""The text of each generated file by its absolute path; None for a file that must not exist."""

Generator = Callable[[], Files]


def find_leftovers(folder: Path, pattern: str, files: Iterable[Path]) -> Files:
    """Return the files of a fully generated folder that are no longer generated, each mapped to None."""
    return dict.fromkeys(set(folder.glob(pattern)) - set(files))


def find_stale(files: Files) -> list[Path]:
    """Return the paths at which the checkout differs from the generated text."""
    return [path for path, text in files.items() if _read_text(path) != text]


def write_files(files: Files) -> None:
    """Write, or delete, the given files."""
    for path, text in files.items():
        if text is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def update(generators: Mapping[str, Generator], *, check: bool) -> Iterator[tuple[Path, str]]:
    """Run the generators in order, and yield each path that was stale with what was done about it.

    Later generators read files of earlier ones, so each one's output is written before the next one runs.

    Args:
        generators: The generators by name.
        check: Whether to write nothing. A generator that cannot run then does not stop those after it.

    Raises:
        ExceptionGroup: The `ValueError` of each generator that could not run, after the stale paths.
    """
    failures: list[ValueError] = []
    for generate in generators.values():
        try:
            files = generate()
        except ValueError as error:
            failures.append(error)
            if check:
                continue
            break
        stale = find_stale(files)
        if not check:
            write_files({path: files[path] for path in stale})
        for path in stale:
            yield path, "stale" if check else "deleted" if files[path] is None else "wrote"
    if failures:
        msg = "a generator could not run"
        raise ExceptionGroup(msg, failures)


def _read_text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
