"""The command `dockerhub-mcp cleanup`: plan which tags to delete, and delete them with `--apply`."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio

from dockerhub_mcp.bootstrap import validate
from dockerhub_mcp.bootstrap.hubs import build_mutation_policy
from dockerhub_mcp.bootstrap.message_redaction import create_message_redactor
from dockerhub_mcp.cli.call.console import Console
from dockerhub_mcp.cli.call.prompter import Prompter
from dockerhub_mcp.cli.call.session import NO_TERMINAL_FOR_CODE, load_settings, open_session, sign_in
from dockerhub_mcp.cli.cleanup.jobs import CleanupJob, InvalidJobsError, find_repeated, list_problems
from dockerhub_mcp.cli.cleanup.options import (
    AGENT_SETTINGS,
    APPLY_TOOL,
    PLAN_TOOL,
    RULE_PREFIX,
    format_rule,
    name_options,
)
from dockerhub_mcp.cli.cleanup.report import (
    EXIT_PARTLY,
    EXIT_REFUSED,
    EXIT_USAGE,
    RepositoryReport,
    Status,
    build_json,
    build_plan_blocks,
    build_result_blocks,
    find_exit_code,
)
from dockerhub_mcp.cli.cleanup.rules_file import read_rules_file
from dockerhub_mcp.cli.cleanup.run import RUN_AGAIN, CleanupRunner
from dockerhub_mcp.cli.cleanup.termination import Termination
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode

PROGRAM = "dockerhub-mcp cleanup"

_NO_TERMINAL = (
    "there is no terminal to ask at, so nothing was planned or deleted. Add --max-delete N, the most tags "
    "that the run may delete, to confirm in advance"
)
_NO_STORAGE = (
    "Deleting tags frees no storage: their images stay stored without a tag. With --untagged these are "
    "deleted as well."
)


def run_cleanup(options: dict[str, Any], console: Console) -> int:
    """Plan the clean-up of repositories, and carry it out with `--apply`; return the exit code.

    Args:
        options: The parsed options of the command, with those of the server by the name of their setting.
        console: The streams and the environment.

    Raises:
        SettingsError: An option or variable of the server is invalid.
    """
    try:
        request = _read_request(options)
    except InvalidJobsError as error:
        redact = create_message_redactor(console.environment)
        for message in error.messages:
            console.write_message(redact(f"{PROGRAM}: {message}"))
        return EXIT_USAGE
    if request.apply and request.max_total is None and not console.is_interactive:
        console.write_message(f"{PROGRAM}: {_NO_TERMINAL}")
        return EXIT_REFUSED
    settings = _load_settings(options, console.environment)
    termination, reports = Termination(), list[RepositoryReport]()
    try:
        with termination.handle_signals():
            return anyio.run(_run, request, settings, console, termination, reports)
    except (KeyboardInterrupt, asyncio.CancelledError):
        if not any(report.is_interrupted for report in reports):
            console.write_message("Interrupted; nothing was deleted.")
        if any(report.result is not None for report in reports):
            return EXIT_PARTLY
        return termination.exit_code


@dataclass(frozen=True, slots=True)
class _Request:
    """What to clean up, and how.

    Attributes:
        jobs: The repositories with their rules.
        apply: Whether to carry the plans out.
        output: `table` or `json`.
        max_total: The value of --max-delete, which limits the run and confirms it in advance.
        has_file: Whether rules are keys of a file, not options.
    """

    jobs: list[CleanupJob]
    apply: bool
    output: str
    max_total: int | None
    has_file: bool


def _read_request(options: dict[str, Any]) -> _Request:
    rules = {
        name.removeprefix(RULE_PREFIX): options.pop(name)
        for name in list(options)
        if name.startswith(RULE_PREFIX)
    }
    repositories, path = options.pop("repositories"), options.pop("rules")
    max_total = rules.get("max_delete")
    jobs = _list_jobs(repositories, rules) if path is None else _select_jobs(path, repositories, rules)
    return _Request(jobs, options.pop("apply"), options.pop("output"), max_total, path is not None)


def _list_jobs(repositories: list[str], rules: Mapping[str, Any]) -> list[CleanupJob]:
    """Return the repositories of the command line, all with its rules."""
    if not repositories:
        msg = "name a repository such as acme/app, or a file with --rules FILE"
        raise InvalidJobsError(msg)
    _reject_repeated(repositories)
    jobs = [CleanupJob(name, rules) for name in repositories]
    problems = [name_options(problem) for job in jobs for _, problem in list_problems(job)]
    if problems:
        raise InvalidJobsError(*dict.fromkeys(problems))
    return jobs


def _select_jobs(path: Path, repositories: list[str], rules: Mapping[str, Any]) -> list[CleanupJob]:
    """Return the repositories of a rules file, or those of them that the command line names."""
    if others := [format_rule(name) for name in rules if name != "max_delete"]:
        msg = f"{', '.join(others)} cannot be combined with --rules: rules are in the file"
        raise InvalidJobsError(msg)
    if (limit := rules.get("max_delete")) is not None and limit < 1:
        msg = f"--max-delete: must be at least 1, not {limit}"
        raise InvalidJobsError(msg)
    jobs = read_rules_file(path)
    if not repositories:
        return jobs
    _reject_repeated(repositories)
    by_name = {job.repository.lower(): job for job in jobs}
    if unknown := [name for name in repositories if name.lower() not in by_name]:
        raise InvalidJobsError(*(f"{path} has no rules for {name}" for name in unknown))
    return [by_name[name.lower()] for name in repositories]


def _reject_repeated(repositories: list[str]) -> None:
    if repeated := find_repeated(repositories):
        raise InvalidJobsError(*(f"{name} is named twice" for name in dict.fromkeys(repeated)))


def _load_settings(options: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Return the settings without those that are for agents."""
    chosen = {name: value for name, value in options.items() if name not in AGENT_SETTINGS}
    hidden = {f"DOCKERHUB_MCP_{name.upper()}" for name in AGENT_SETTINGS}
    variables = {name: value for name, value in environment.items() if name not in hidden}
    settings = load_settings(chosen, variables)
    validate.raise_fatal([*validate.check_mutations(settings), *validate.check_hub(settings, environment)])
    return replace(settings, results="both")


async def _run(
    request: _Request,
    settings: Settings,
    console: Console,
    termination: Termination,
    reports: list[RepositoryReport],
) -> int:
    termination.watch_task()
    ask = console.is_interactive
    mode = ConfirmationMode.DESTRUCTIVE if ask else ConfirmationMode.NEVER
    policy = build_mutation_policy(settings)._replace(confirmation_mode=mode)
    try:
        async with open_session(settings, policy, console) as session:
            hub = session.context.hub
            if session.has_credentials:
                await sign_in(hub, Prompter(console), console)
            registry = Registry(
                access=Access.ADMIN, toolsets=(), tools=(PLAN_TOOL, APPLY_TOOL), exclude_tools=()
            )
            runner = CleanupRunner(
                registry,
                session.context,
                console,
                request.jobs,
                request.max_total,
                reports,
                has_file=request.has_file,
            )
            exit_code = await _carry_out(runner, request, ask=ask)
            if isinstance(hub.credential_error, SecondFactorRequired) and not ask:
                console.write_message(NO_TERMINAL_FOR_CODE)
            return exit_code
    finally:
        policy.close()


async def _carry_out(runner: CleanupRunner, request: _Request, *, ask: bool) -> int:
    console, reports, is_table = runner.console, runner.reports, request.output == "table"
    await runner.plan()
    if is_table and not console.write_blocks(build_plan_blocks(reports, has_file=request.has_file)):
        return EXIT_REFUSED
    written: set[str] = set()
    _write_messages(runner, request, written)
    planned = [report for report in reports if report.plan_id]
    try:
        if planned and request.apply:
            await runner.apply(ask=ask)
    finally:
        is_written = _write_results(runner, request)
        _write_messages(runner, request, written)
        for report in reports:
            if report.is_interrupted:
                subject = "" if len(reports) == 1 else f"{report.repository}: "
                console.write_message(f"{subject}{_describe_interruption(report, ask=ask)}")
    if planned and not request.apply:
        console.write_message("Nothing was deleted. Add --apply to carry this out.")
    if not request.apply and any(
        report.plan_id and "deleted_manifests" not in (report.plan or {}) for report in reports
    ):
        console.write_message(_NO_STORAGE)
    return find_exit_code(reports) if is_written else EXIT_REFUSED


def _describe_interruption(report: RepositoryReport, *, ask: bool) -> str:
    if report.result is None:
        return "Interrupted; nothing was deleted."
    text = f"Interrupted. {RUN_AGAIN}"
    if file := (report.plan or {}).get("file"):
        directory = shlex.quote(str(Path(str(file)).parent))
        resume = f"dockerhub-mcp call --access admin --plans-dir {directory} {APPLY_TOOL} {report.plan_id}"
        resume += "" if ask else " --yes"  # no user has confirmed the plan yet
        text += f" To go on with this plan within 24 hours: {resume}"
    return text


def _write_results(runner: CleanupRunner, request: _Request) -> bool:
    if request.output == "json":
        return runner.console.write_json(build_json(runner.reports))
    blocks = build_result_blocks(runner.reports)
    return not blocks or (runner.console.write_result("\n") and runner.console.write_blocks(blocks))


def _write_messages(runner: CleanupRunner, request: _Request, written: set[str]) -> None:
    """Write errors and notes of the repositories that were not written yet, and add them to those."""
    is_single = len(runner.jobs) == 1
    lines = []
    for report in runner.reports:
        subject = "" if is_single else f"{report.repository}: "
        lines += [f"{subject}{text}" for text in [*report.notes, *filter(None, [report.error])]]
        if report.status is Status.NOTHING and is_single:
            lines.append("Nothing is to be deleted by these rules.")
    for line in lines:
        if line not in written:
            written.add(line)
            runner.console.write_message(line if request.has_file else name_options(line))
