"""Numbers that are dates."""

from __future__ import annotations

from collections.abc import Sequence

FIRST_YEAR = 1900
LAST_YEAR = 2999
_MONTHS = 12
_DAYS = 31


def date_format(digits: str) -> str:
    """Return the format of digits that are a date, such as `YYYYMMDD`; empty if they are not a date."""
    size = len(digits)
    if size == len("YYYY"):
        return "YYYY" if _is_year(digits) else ""
    if size == len("YYMMDD"):
        if _is_year(digits[:4]) and _is_month(digits[4:]):
            return "YYYYMM"
        return "YYMMDD" if _is_month(digits[2:4]) and _is_day(digits[4:]) else ""
    if size in {8, 12, 14} and _is_year(digits[:4]) and _is_month(digits[4:6]) and _is_day(digits[6:8]):
        return "YYYYMMDDhhmmss"[:size]
    return ""


def is_year_and_month(texts: Sequence[str]) -> bool:
    """Tell whether the parts of a version are certainly a year and a month, such as `24.04`."""
    if len(texts) < 2:  # noqa: PLR2004
        return False
    year, month = texts[:2]
    return len(year) == len(month) == len("YY") and month.startswith("0") and _is_month(month)


def split_date(digits: str) -> tuple[int, ...]:
    """Return year, month, day and time of digits, as far as they have them; nothing if they are no date."""
    match date_format(digits):
        case "":
            return ()
        case "YYMMDD":
            return (2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
        case _:
            rest = digits[4:]
            return (int(digits[:4]), *(int(rest[at : at + 2]) for at in range(0, len(rest), 2)))


def _is_year(digits: str) -> bool:
    return FIRST_YEAR <= int(digits) <= LAST_YEAR


def _is_month(digits: str) -> bool:
    return 1 <= int(digits) <= _MONTHS


def _is_day(digits: str) -> bool:
    return 1 <= int(digits) <= _DAYS
