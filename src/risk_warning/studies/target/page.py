"""The HTML page of the target study: the verdict, then a picture and a table for each question behind it."""

from __future__ import annotations

from collections.abc import Sequence

from risk_warning.core.outcomes.arrears import LEVELS
from risk_warning.reports import (
    Bar,
    BarGroup,
    Block,
    Cards,
    Figure,
    Heat,
    HeatCell,
    Line,
    Note,
    Scale,
    Section,
    Table,
    bar_chart,
    line_chart,
    page,
)
from risk_warning.studies.target.onset import HORIZONS_MONTHS, MAX_MONTHS_ON_BOOK, VINTAGE_DPD
from risk_warning.studies.target.result import MATURITY_MONTHS, Share, TargetEvidence
from risk_warning.studies.target.roll_rates import AFTER, BUCKETS, CURE_LEVELS, CURE_MONTHS

_LATE = (2, 3, 4)
"""Indices of the buckets whose worsening is drawn month by month."""
_MAX_QUARTERS = 8
_TABLE_AGES = (3, 6, 9, 12, 18, 24, 36)


def target_page(evidence: TargetEvidence) -> str:
    """Return the page as HTML."""
    sections = [_rolls(evidence), _cures(evidence)]
    if evidence.vintage_quarters:
        sections.append(_vintages(evidence))
    if evidence.longest_horizon_months:
        sections.append(_horizons(evidence))
    return page(
        "Bad definition and horizon: the evidence",
        evidence.verdict,
        [*sections, _maturity(evidence)],
        basis=evidence.basis,
        top=_top(evidence),
    )


def _top(evidence: TargetEvidence) -> list[Block]:
    months = CURE_MONTHS[0]
    items = [
        (f"times a loan reached {level} days past due", f"{evidence.cured(level, months).n:,}") for level in (30, 60)
    ]
    items += [
        (f"back at 0 within {months} months, from {level} days", f"{evidence.cured(level, months)}")
        for level in (15, 30)
    ]
    if evidence.longest_horizon_months >= months:
        items.append((f"current, then {VINTAGE_DPD} days late within {months} months", f"{evidence.bad(months, 30)}"))
    mature = evidence.last_mature(months)
    items.append((f"last month mature for {months} months", f"{mature:%Y-%m}" if mature else "none"))
    blocks: list[Block] = [Cards(tuple(items))]
    if evidence.outcome_dates:
        first, last = evidence.outcome_dates[0], evidence.outcome_dates[-1]
        span = str(first) if first == last else f"{len(evidence.outcome_dates)} dates from {first} to {last}"
        blocks.append(
            Note(
                f"The book has outcomes of its own for {span}, and training uses those. The figures here are derived "
                "from days past due.",
                is_warning=True,
            )
        )
    return blocks


def _rolls(evidence: TargetEvidence) -> Section:
    rows = []
    for row, bucket in enumerate(BUCKETS):
        shares = [evidence.rolled(row, column) for column in range(len(AFTER))]
        cells = tuple(HeatCell(str(share), share.value or 0.0, f"{share.part:,}") for share in shares)
        rows.append((f"{bucket} ({shares[0].n:,})", cells))
    lines = []
    for late in _LATE:
        seen = [(month, evidence.worsened(late, month)) for month in range(len(evidence.dates) - 1)]
        points = tuple((float(month), share.value) for month, share in seen if share.value is not None)
        lines.append(Line(f"{BUCKETS[late]} days", points))
    chart = line_chart(
        "Loans further behind a month later, by month",
        lines,
        Scale.of_names("as-of date (month)", [day.isoformat()[:7] for day in evidence.dates[:-1]]),
        Scale.of_shares("share of the loans in the bucket that are further behind or written off a month later", 1.0),
    )
    return Section(
        "Where loans are a month later",
        (
            Heat("days past due ↓ a month later →", AFTER, tuple(rows)),
            Figure(chart, "A definition fits at a level from which few loans come back, in every month."),
        ),
        "Roll rates: loans by days past due at the start of a month (down, with their number) and at the start of the "
        "next (across). A darker cell is a larger share of its row.",
    )


def _cures(evidence: TargetEvidence) -> Section:
    groups = []
    for level in CURE_LEVELS:
        shares = [evidence.cured(level, months) for months in CURE_MONTHS]
        groups.append(BarGroup(f"{level} days", tuple(_bar(share) for share in shares)))
    chart = bar_chart(
        "Loans back at 0 days past due, by how late they were",
        [f"within {months} months" for months in CURE_MONTHS],
        groups,
        "days past due reached",
        Scale.of_shares("share back at 0 days past due", 1.0),
    )
    rows = []
    for level in CURE_LEVELS:
        for months in CURE_MONTHS:
            cured, lost = evidence.cured(level, months), evidence.lost(level, months)
            rows.append(
                (f"{level} days, {months} months", f"{cured.n:,}", *_with_interval(cured), *_with_interval(lost))
            )
    head = ("reached, followed for", "times", "back at 0", "95 % interval", "90+ or written off", "95 % interval")
    return Section(
        "How many loans come back",
        (Figure(chart, "Whiskers are 95 % intervals (Wilson)."), Table(head, tuple(rows))),
        "Counted: each time a loan reached the level and the data cover the months after it. Back at 0: nothing of the "
        "loan is past due on some day within these months. A loan that comes back and falls behind again counts again; "
        "it may be back at 0 and later 90 days late within the same months.",
    )


def _vintages(evidence: TargetEvidence) -> Section:
    named = [
        (f"{quarter.year} Q{(quarter.month + 2) // 3}", evidence.vintage(index))
        for index, quarter in enumerate(evidence.vintage_quarters)
    ]
    curves = [(name, curve) for name, curve in named if curve and curve[0].n]
    lead = (
        f"Loans opened from {evidence.dates[0]} on, by quarter: the share ever {VINTAGE_DPD} days past due or written "
        "off, by months after opening. A curve ends at the age of the youngest loan of its quarter."
    )
    if not curves:
        return Section("How soon loans turn bad", (Note("No loan opened in these months is old enough yet."),), lead)
    # The oldest quarters have the longest curves. If there are many quarters, draw a few spread over all of them.
    step = -(-len(curves) // _MAX_QUARTERS)
    drawn = curves[::step]
    oldest = max(len(curve) for _, curve in curves)
    chart = line_chart(
        f"Share of loans ever {VINTAGE_DPD} days past due, by months on book",
        [
            Line(name, tuple((float(age), part.value or 0.0) for age, part in enumerate(c, start=1)))
            for name, c in drawn
        ],
        Scale.of_numbers("months on book", float(oldest)),
        Scale.of_shares(f"share ever {VINTAGE_DPD} days past due", max(_last(curve) for _, curve in drawn)),
    )
    ages = [age for age in _TABLE_AGES if age <= min(oldest, MAX_MONTHS_ON_BOOK)]
    rows = [
        (name, f"{curve[0].n:,}", *(str(curve[age - 1]) if age <= len(curve) else "–" for age in ages))
        for name, curve in curves
    ]
    return Section(
        "How soon loans turn bad",
        (Figure(chart), Table(("opened in", "loans", *(f"{age} months" for age in ages)), tuple(rows))),
        lead,
    )


def _horizons(evidence: TargetEvidence) -> Section:
    horizons = HORIZONS_MONTHS[: evidence.longest_horizon_months]
    shares = {level: [evidence.bad(months, level) for months in horizons] for level in LEVELS}
    largest = max(share.value or 0.0 for row in shares.values() for share in row)
    chart = line_chart(
        "Share of current borrowers who turn bad, by horizon and definition",
        [
            Line(
                f"{level} days past due",
                tuple((float(m), share.value or 0.0) for m, share in zip(horizons, row, strict=True)),
            )
            for level, row in shares.items()
        ],
        Scale("horizon, months", tuple(map(float, horizons)), tuple(map(str, horizons))),
        Scale.of_shares("share of current borrowers who turn bad", largest),
    )
    rows = tuple((f"{level} days", *(f"{share} ({share.part:,})" for share in row)) for level, row in shares.items())
    dates = sum(evidence.is_mature(day, horizons[-1]) for day in evidence.dates)
    return Section(
        "How long to look ahead",
        (Figure(chart), Table(("bad from", *_within(horizons)), rows)),
        f"Borrowers with an open loan and nothing past due on an as-of date ({shares[LEVELS[0]][0].n:,} on the {dates} "
        f"date(s) mature for {horizons[-1]} months, the same for every column), and those of them who turn bad or "
        "are written off within the horizon. A longer horizon gives more bads to learn from, but the outcomes of the "
        "latest months are known later.",
    )


def _maturity(evidence: TargetEvidence) -> Section:
    names = [day.isoformat() for day in evidence.dates]
    lines, largest = [], 0.0
    for months in MATURITY_MONTHS:
        shares = [(row, evidence.bad_on(day, months)) for row, day in enumerate(evidence.dates)]
        seen = [(float(row), share.value, share.interval) for row, share in shares if share and share.value is not None]
        band = tuple(ends for _, _, ends in seen if ends) if months == MATURITY_MONTHS[-1] else ()
        lines.append(
            Line(f"within {months} months", tuple((row, value) for row, value, _ in seen if value is not None), band)
        )
        largest = max([largest, *(value or 0.0 for _, value, _ in seen), *(high for _, high in band)])
    chart = line_chart(
        f"Share of current borrowers {VINTAGE_DPD} days past due within the horizon, by as-of date",
        lines,
        Scale.of_names("as-of date (month)", [name[:7] for name in names]),
        Scale.of_shares(f"share of current borrowers who reach {VINTAGE_DPD} days past due", largest),
    )
    rows = [
        (
            day.isoformat(),
            f"{int(evidence.current[row]):,}",
            *(_known(evidence, row, months) for months in MATURITY_MONTHS),
        )
        for row, day in enumerate(evidence.dates)
    ]
    return Section(
        "Which months a model can learn from",
        (
            Figure(chart, f"The band is the 95 % interval for {MATURITY_MONTHS[-1]} months." if lines[-1].band else ""),
            Table(("as-of date", "current borrowers", *_within(MATURITY_MONTHS)), tuple(rows)),
        ),
        f"By as-of date: current borrowers, and those of them who reach {VINTAGE_DPD} days past due, or are written "
        "off, within the horizon. If the data do not cover the whole window, the day on which they will is shown.",
    )


def _known(evidence: TargetEvidence, row: int, months: int) -> str:
    share = evidence.bad_on(evidence.dates[row], months)
    return f"{share} ({share.part:,})" if share else f"known on {evidence.mature_on(evidence.dates[row], months)}"


def _within(horizons: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"within {months} month{'s' if months > 1 else ''}" for months in horizons)


def _bar(share: Share) -> Bar | None:
    return None if share.value is None else Bar(share.value, str(share), share.interval)


def _with_interval(share: Share) -> tuple[str, str]:
    return str(share), "–" if share.interval is None else "{:.1%} to {:.1%}".format(*share.interval)


def _last(curve: Sequence[Share]) -> float:
    return curve[-1].value or 0.0
