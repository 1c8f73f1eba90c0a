"""Times: kept in UTC, shown in Beijing time; never a time without an offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from firelane.store.errors import StoreError

# China has one zone and no summer time since 1991: a constant offset, and no time-zone data to install.
BEIJING = timezone(timedelta(hours=8), "北京时间")


def utc_now() -> datetime:
    """Return the present time, aware, in UTC."""
    return datetime.now(UTC)


def utc(moment: datetime) -> datetime:
    """Return ``moment`` in UTC.

    Raises
    ------
    StoreError
        If it has no offset: nobody could tell later which hour was meant.
    """
    if moment.utcoffset() is None:
        raise StoreError(
            f"{moment.isoformat()} has no offset to UTC: write 2026-11-26T10:00:00+08:00",
            f"时间 {moment.isoformat()} 没有时区：请写作 2026-11-26T10:00:00+08:00",
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise StoreError(
            f"{moment.isoformat()} is outside the years 1 to 9999", f"时间 {moment.isoformat()} 超出可表示的年份"
        ) from None


def iso(moment: datetime) -> str:
    """Return ISO 8601 in UTC with microseconds: the one spelling of a time, as it goes into the chain of hashes.

    >>> iso(datetime(2026, 11, 26, 10, tzinfo=BEIJING))
    '2026-11-26T02:00:00.000000+00:00'
    """
    return utc(moment).isoformat(timespec="microseconds")


def shown(moment: datetime) -> str:
    """Return the time as people read it: Beijing time, to the minute.

    >>> shown(datetime(2026, 11, 26, 2, tzinfo=UTC))
    '2026-11-26 10:00'
    """
    return utc(moment).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def parse(text: str) -> datetime:
    """Read a time in ISO 8601; one without an offset is Beijing time, a date alone is its midnight.

    >>> parse("2026-11-26T10:00:00").isoformat()
    '2026-11-26T10:00:00+08:00'
    >>> iso(parse("2026-11-26T02:00:00Z"))
    '2026-11-26T02:00:00.000000+00:00'

    Raises
    ------
    StoreError
        If it is no time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        told = "".join(c if c.isprintable() else "?" for c in text)[:60]
        raise StoreError(
            f"{told!r} is no time: write 2026-11-26T10:00:00+08:00", f"“{told}”不是时间：请写作 2026-11-26T10:00:00+08:00"
        ) from None
    return moment.replace(tzinfo=BEIJING) if moment.utcoffset() is None else moment
