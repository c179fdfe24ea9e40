"""Ask the questions, and show what they cost; with `--texts`, show what the new way lacks and its results."""

from __future__ import annotations

import argparse
import asyncio
import sys

from benchmarks.image_questions.asking import ask, list_questions
from benchmarks.image_questions.costs import load_costs, measure_questions
from benchmarks.image_questions.model import Verdict, find_excluded, find_lacking
from benchmarks.image_questions.page import render_table


def main() -> int:
    """Return 1 if a question is not answered in the new way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.image_questions", description=__doc__)
    parser.add_argument(
        "--texts", nargs="?", const="", metavar="WORDS", help="only questions with these words"
    )
    options = parser.parse_args()
    if options.texts is not None:
        return asyncio.run(_show_texts(options.texts))
    costs = measure_questions(load_costs())
    sys.stdout.write(render_table(costs))
    return int(any(cost.new.verdict != Verdict.RIGHT for cost in costs))


async def _show_texts(words: str) -> int:
    """Show the results of the new way, and what they lack."""
    failed = False
    for question in list_questions():
        if words.lower() not in question.title.lower():
            continue
        asked = await ask(question, is_new=True)
        failed = failed or asked.verdict != Verdict.RIGHT
        sys.stdout.write(f"\n## {question.title} [{asked.verdict}]\n")
        for tool, arguments in question.new:
            sys.stdout.write(f"{tool} {arguments}\n")
        for lacking in find_lacking(question.expected, asked.text, is_new=True):
            sys.stdout.write(f"LACKS {lacking!r}\n")
        for excluded in find_excluded(question.expected, asked.text):
            sys.stdout.write(f"MUST NOT HAVE {excluded!r}\n")
        sys.stdout.write(f"({asked.requests} requests, {asked.pulls} pulls)\n{asked.text}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
