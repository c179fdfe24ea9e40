"""Judge a call: what it said against what was really done, and against the same call without a fault."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence

from dockerhub_mcp.hub.api.enums import Effect
from tests.support.fault_campaign.cases import Case
from tests.support.fault_campaign.evidence import Checks, Evidence, Fail, Finding, Reply
from tests.support.fault_campaign.faults import ALL_TARGETS, REGISTRY_TARGETS, Target
from tests.support.fault_campaign.hostile_faults import INJECTION
from tests.support.fault_campaign.image_oracle import (
    check_hosts,
    check_image_result,
    check_pulls,
)
from tests.support.fault_campaign.truth import differences
from tests.support.fault_campaign.wire import Exchange
from tests.support.fault_campaign.wording import (
    CAREFUL,
    CAVEAT,
    CONTROL,
    COUNT,
    DENIAL,
    DIGITS,
    DOUBLED_PERIOD,
    END,
    INTERNAL,
    NEGATIVE_LIMIT,
    POSITION,
    QUOTED,
    REPR,
    normalize_text,
    split_lines,
)

_MAX_SIGN_INS = 3
_FINAL_SIGN_INS = {Target.SIGN_IN: {400, 401}, Target.REGISTRY_TOKEN: {401}}


def judge(case: Case, found: Evidence, clean: Evidence, anonymous: Evidence | None) -> list[Finding]:
    """Return what is untrue in a call.

    Args:
        case: The case.
        found: The call with the fault.
        clean: The same call without a fault.
        anonymous: The same call without a fault and without credentials; None where it does not matter.
    """
    findings: list[Finding] = []
    checks = [
        _check_write(found, clean),
        _check_sign_ins(found),
        check_hosts(case, found),
        check_pulls(found),
    ]
    for reply in found.replies:
        checks += [
            _check_text(reply, found, clean),
            _check_success(case, reply, found, clean),
            _check_failure(reply, found),
            _check_anonymous(case, reply, found, clean, anonymous),
            check_image_result(case, reply, found, clean),
        ]
    checks.append(_check_log(found))
    for check in checks:
        findings += [Finding(fail, case, detail, _show(found)) for fail, detail in check]
    unique = {(finding.fail, finding.detail): finding for finding in findings}
    return [*unique.values()]


def _show(found: Evidence) -> str:
    return found.replies[0].text


def _check_write(found: Evidence, clean: Evidence) -> Checks:
    """A write is sent once, and does what it does without a fault, or nothing."""
    open_writes = [write for write in found.writes if write.left_client and not write.was_refused]
    last_is_open = found.writes and found.writes[-1] in open_writes
    if len(open_writes) > 1 or (open_writes and not last_is_open):
        yield Fail.SENT_TWICE, "; ".join(write.line for write in found.writes)
    if found.after not in (found.before, clean.after):
        yield Fail.OTHER_CHANGE, ", ".join(differences(clean.after, found.after)[:5])


def _check_success(case: Case, reply: Reply, found: Evidence, clean: Evidence) -> Checks:
    """A success tells what was done, and all that was read."""
    if reply.is_error:
        return
    tool, expected = case.call.tool, clean.replies[0]
    if tool.is_mutation:
        if not any(write.was_applied for write in found.writes):
            yield Fail.FALSE_SUCCESS, _describe(found.writes)
        if case.call.secret_field and not any(secret in reply.text for secret in found.new_secrets):
            yield Fail.FALSE_SUCCESS, "the value of the new token is missing"
        return
    if case.strike.target is Target.SIGN_IN and tool.effect is not Effect.SIGN_IN:
        return  # judged by `_check_anonymous`
    if tool.effect is Effect.SIGN_IN:
        if normalize_text(reply.text) != normalize_text(expected.text):
            yield Fail.FALSE_SUCCESS, "signed in otherwise than without a fault"
        return
    yield from _check_read(reply, expected)


def _check_read(reply: Reply, expected: Reply) -> Checks:
    new = [line for line in split_lines(reply.text) if line not in set(split_lines(expected.text))]
    lost = [line for line in split_lines(expected.text) if line not in set(split_lines(reply.text))]
    if not new and not lost:
        return
    for match in POSITION.finditer(reply.text):
        if match[2] and int(match[1]) > int(match[2]):
            yield Fail.LOST_READ, f"contradicts itself: {match[0]}"
    if any(CAVEAT.search(line) for line in new):
        return
    lies = END.findall(reply.text)
    if lies and lies != END.findall(expected.text):
        yield Fail.LOST_READ, f"says {lies[0]!r}; lost: {_sample(lost)}"
    elif lost and not _differ_in_count_only(new, lost):
        yield Fail.LOST_READ, f"lost: {_sample(lost)}; instead: {_sample(new)}"


def _differ_in_count_only(new: Sequence[str], lost: Sequence[str]) -> bool:
    """Tell whether only the count differs, and contradicts nothing that is said.

    A missing count is no loss. A larger one proves nothing on a page that is not the last, and where the result
    shows the Hub's count beside the rows.
    """
    new = [line for line in new if not line.startswith("Go on with")]
    if len(lost) != 1 or len(new) > 1:
        return False
    before, after = lost[0], new[0] if new else ""
    if shown := COUNT.match(before):
        told = COUNT.match(after)
        return not after or bool(told and int(told[2]) >= int(shown[2]))
    position = POSITION.match(after)
    is_open = "Go on with page=" in after or position is None or position[2] is None
    return is_open and POSITION.sub(r"\1 items", before) == POSITION.sub(r"\1 items", after)


def _check_failure(reply: Reply, found: Evidence) -> Checks:
    """A failure of unknown outcome says so, and denies nothing that was done."""
    if not reply.is_error or not found.writes:
        return
    is_applied = any(write.was_applied for write in found.writes)
    is_open = any(write.left_client and not write.was_refused for write in found.writes)
    is_careful = bool(CAREFUL.search(reply.text))
    if is_applied and DENIAL.search(reply.text):
        yield Fail.FALSE_FAILURE, _describe(found.writes)
    elif (is_applied or is_open) and not is_careful:
        fail = Fail.FALSE_FAILURE if is_applied else Fail.CARELESS
        yield fail, _describe(found.writes)


def _check_anonymous(
    case: Case, reply: Reply, found: Evidence, clean: Evidence, anonymous: Evidence | None
) -> Checks:
    """A failed sign-in does not keep from the caller what anonymous callers may read, and is told."""
    if case.strike.target is not Target.SIGN_IN or case.call.tool.effect is not Effect.READ:
        return
    reads = [exchange for exchange in found.exchanges if exchange.target in ALL_TARGETS - {Target.SIGN_IN}]
    if not reply.is_error and not any(exchange.is_anonymous for exchange in reads):
        yield from _check_read(reply, clean.replies[0])  # signed in after all
        return
    if anonymous is None:
        if not reply.is_error:
            yield from _check_read(reply, clean.replies[0])
        return
    expected = anonymous.replies[0]
    if expected.is_error:
        return
    if reply.is_error:
        yield Fail.NEEDLESS_REFUSAL, case.fault.name
        return
    told = set(split_lines(reply.text))
    lost = [line for line in split_lines(expected.text) if line not in told and not line.startswith("Note: ")]
    # The registry still signs in, also where only the anonymous answer of the Hub made the call ask it.
    asked_registry = case.call.reaches_registry or any(
        exchange.target in REGISTRY_TARGETS for exchange in found.exchanges
    )
    is_partial = asked_registry and bool(CAVEAT.search(reply.text))
    if lost and not case.call.reports_account and not is_partial:
        yield Fail.LOST_READ, f"lost as an anonymous caller: {_sample(lost)}"
    if not re.search("anonymous", reply.text, re.IGNORECASE):
        yield Fail.SILENT_ANONYMOUS, case.fault.name


def _check_sign_ins(found: Evidence) -> Checks:
    """A failed sign-in is not repeated: after 400 and 401 never, otherwise a few times."""
    for target, final_statuses in _FINAL_SIGN_INS.items():
        failed = [
            exchange
            for exchange in found.exchanges
            if exchange.target is target and exchange.fault is not None and exchange.left_client
        ]
        if target is Target.REGISTRY_TOKEN:
            failed = [exchange for exchange in failed if not exchange.is_anonymous and _is_refusal(exchange)]
        final = [exchange for exchange in failed if exchange.delivered in final_statuses]
        if len(failed) > _MAX_SIGN_INS or len(final) > 1:
            yield Fail.SIGN_IN_STORM, f"{len(failed)} sign-ins failed"


def _is_refusal(exchange: Exchange) -> bool:
    """Tell whether a token service answered otherwise than with success, or not at all."""
    return exchange.delivered is None or exchange.delivered >= 300


def _check_text(reply: Reply, found: Evidence, clean: Evidence) -> Checks:
    """No exception, representation of a Python object, secret, control character or raw text of others."""
    if reply.exception is not None:
        yield Fail.UNCAUGHT, repr(reply.exception)[:200]
    known = set(split_lines("\n".join(each.text for each in clean.replies)))
    new = "\n".join(line for line in split_lines(reply.text) if line not in known)
    if match := REPR.search(new):
        yield Fail.UNCAUGHT, f"representation {match[0]!r}"
    if match := NEGATIVE_LIMIT.search(new):
        yield Fail.UNCAUGHT, f"nonsense number {match[0]}"
    if match := DOUBLED_PERIOD.search(QUOTED.sub("", new)):
        yield Fail.UNCAUGHT, f"two periods after {match.string[max(0, match.start() - 40) : match.start()]!r}"
    if match := DIGITS.search(new):
        yield Fail.UNCAUGHT, f"nonsense number {match[0][:40]}"
    everything = reply.text + json.dumps(reply.data, ensure_ascii=False)
    if any(secret in everything for secret in found.secrets):
        yield Fail.LEAK, "a secret is in the result"
    if match := INTERNAL.search(everything):
        yield Fail.LEAK, f"{match[0]} is in the result"
    if match := CONTROL.search(new):
        yield Fail.LEAK, f"control character {match[0]!r}"
    if INJECTION in QUOTED.sub("", reply.text):
        yield Fail.LEAK, "a text of others stands outside of quotation marks"


def _check_log(found: Evidence) -> Checks:
    for record in found.records:
        text = f"{record.getMessage()} {record.__dict__}"
        if record.levelno >= logging.ERROR or record.exc_info:
            error = record.exc_info[1] if record.exc_info else ""
            yield Fail.UNCAUGHT, f"logged: {record.getMessage()[:150]} {error!r}"
        if any(secret in text for secret in [*found.secrets, *found.new_secrets]):
            yield Fail.LEAK, f"a secret is in the log: {record.getMessage()[:80]}"


def _describe(writes: Sequence[Exchange]) -> str:
    return (
        "; ".join(f"{write.line} (sandbox {write.status}, client {write.delivered})" for write in writes)
        or "no write was sent"
    )


def _sample(lines: Sequence[str]) -> str:
    return " / ".join(line[:100] for line in lines[:3]) + (f" (+{len(lines) - 3})" if len(lines) > 3 else "")
