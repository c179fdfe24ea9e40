"""The generators by name, in the order in which they must run."""

from __future__ import annotations

from collections.abc import Mapping

from devtools.generate import chart, contract, readme, skills, token_counts, tool_index
from devtools.generate.artifacts import Files, Generator
from devtools.generate.pages import documents
from devtools.generate.paths import ROOT
from devtools.listings import listings


def _build_listings() -> Files:
    return {
        ROOT / path: text for path, text in listings.build_listings(listings.PublishedNames.read()).items()
    }


GENERATORS: Mapping[str, Generator] = {
    "tool-index": tool_index.build_files,
    "contract": contract.build_files,
    "skills": skills.build_files,
    "token-counts": token_counts.build_files,
    "menu": token_counts.build_menu_page,
    "image-questions": token_counts.build_image_questions,
    "listings": _build_listings,
    "chart": chart.build_files,
    "documents": documents.build_files,
    "readme": readme.build_files,
}
"""What the program itself reads comes first: the documents show what it prints."""
