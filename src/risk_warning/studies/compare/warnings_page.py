"""Sections on warnings night by night for the comparison page: lead time, alert burden, capacity and money."""

from __future__ import annotations

from collections.abc import Callable

from risk_warning.reports import Block, Figure, Line, Note, Scale, Section, Table, line_chart
from risk_warning.reports.numbers import signed
from risk_warning.stats.delong import Difference
from risk_warning.stats.paired_bootstrap import CAPACITY_SHARE
from risk_warning.studies.compare.alert_burden import AlertBurden
from risk_warning.studies.compare.balance import Balance, Balances
from risk_warning.studies.compare.capacity import Reached
from risk_warning.studies.compare.lead_time import EARLIEST_DAYS, IN_TIME_DAYS, Chance, LeadTime
from risk_warning.studies.compare.result import Comparison
from risk_warning.studies.compare.warnings import FlaggingWay, Warned, WatchComparison


def ways(watch: WatchComparison) -> tuple[tuple[str, FlaggingWay], ...]:
    """Return (what opens a warning, in words; both models' warnings) for each rule."""
    return (
        (f"the riskiest {CAPACITY_SHARE:.0%} of each night", watch.at_capacity),
        ("each model's own threshold", watch.at_thresholds),
    )


def lead_section(comparison: Comparison) -> Section:
    """Return the section on how long before arrears a warning was active, measured in three ways."""
    heading, watch = "How early the warnings come", comparison.watch
    if watch is None:
        return Section(heading, (Note(NO_NIGHTS, is_warning=True),))
    blocks: list[Block] = [Figure(_lead_chart(watch), _CAPTION)]
    for words, way in ways(watch):
        blocks.append(_lead_table(words, way, watch))
    return Section(
        heading,
        tuple(blocks),
        f"{watch.arrivals:,} borrowers reached {watch.bad_dpd} days past due after the first {EARLIEST_DAYS} days of "
        f"nights; there is a night every {watch.every_days} day(s) from {watch.first_night} to {watch.last_night}. A "
        f"borrower is caught if a warning was active on some night {IN_TIME_DAYS} to {EARLIEST_DAYS} days before. At "
        "equal capacity, a warning lasts as long as the borrower is among the riskiest; at a model's own threshold, it "
        f"opens and closes as on the watch list. An agent is assumed to need {watch.agent_days} days. B minus A is in "
        "percentage points.",
    )


NO_NIGHTS = (
    f"Lead time cannot be measured: there are fewer than {EARLIEST_DAYS} days of nights from which neither model "
    "learnt, or nobody fell behind after them. Name an earlier night with --from, or use a book with more months."
)
_CAPTION = (
    "Share of those who fell behind with a warning active at least this many days before; bands are 95 % intervals. "
    "The lender would have noticed the missed payment without any model."
)


def _lead_chart(watch: WatchComparison) -> str:
    def line(name: str, lead: LeadTime, *, band: bool) -> Line:
        points = [(float(one.days), one.share or 0.0) for one in lead.curve]
        ends = tuple(one.interval or (0.0, 0.0) for one in lead.curve) if band else ()
        return Line(name, tuple(points), ends)

    way = watch.at_capacity
    lines = [line(f"{key}, before {watch.bad_dpd} days past due", own.lead, band=True) for key, own in _both(way)]
    lines += [
        line(f"{key}, before the missed payment", own.lead_to_missed, band=False)
        for key, own in _both(way)
        if own.lead_to_missed.n
    ]
    days = [0, 15, 30, 45, 60, 75, 90]
    return line_chart(
        f"Share warned about, by days before, at the riskiest {CAPACITY_SHARE:.0%} of each night",
        lines,
        Scale("at least this many days before", tuple(map(float, days)), tuple(map(str, days))),
        Scale.of_shares("share of those who fell behind", 1.0),
    )


def _both(way: FlaggingWay) -> tuple[tuple[str, Warned], tuple[str, Warned]]:
    return ("A", way.a), ("B", way.b)


def _lead_table(words: str, way: FlaggingWay, watch: WatchComparison) -> Table:
    def chance(share: Callable[[Chance], float]) -> tuple[str, ...]:
        return tuple("–" if own.chance is None else f"{share(own.chance):.1%}" for _, own in _both(way))

    def median(*leads: LeadTime) -> tuple[str, ...]:
        return tuple("–" if lead.median_days is None else f"{lead.median_days:.0f}" for lead in leads)

    dpd, agent = watch.bad_dpd, watch.agent_days
    rows: list[tuple[str, ...]] = [
        (f"caught {IN_TIME_DAYS} days before {dpd} days past due", *shares(way.in_time)),
        (f"in time for an agent, {agent} days before {dpd} days past due", *shares(way.to_act)),
    ]
    if way.before_missed:
        rows.append((f"in time for an agent, {agent} days before the missed payment", *shares(way.before_missed)))
    rows += [
        (f"median days before {dpd} days past due", *median(way.a.lead, way.b.lead), "", ""),
        ("median days before the missed payment", *median(way.a.lead_to_missed, way.b.lead_to_missed), "", ""),
        ("all borrowers: warned about in the same weeks", *chance(lambda by: by.anyone), "", ""),
        ("all borrowers: ever warned about", *chance(lambda by: by.ever_warned), "", ""),
        ("caught by as many random warnings each night", *chance(lambda by: by.redrawn), "", ""),
        ("all borrowers: ever warned about by random warnings", *chance(lambda by: by.redrawn_ever), "", ""),
    ]
    return Table((f"at {words}", "A", "B", "B minus A", "95 % interval"), tuple(rows))


def shares(difference: Difference) -> tuple[str, str, str, str]:
    """Return (A, B, difference, interval) of shares, in per cent and percentage points."""

    def points(value: float) -> str:
        return signed(100 * value, 1)

    interval = f"{points(difference.low)} to {points(difference.high)}"
    return f"{difference.a:.1%}", f"{difference.b:.1%}", points(difference.difference), interval


_BURDEN: tuple[tuple[str, Callable[[AlertBurden], str]], ...] = (
    ("active warnings per 1,000 borrowers, per night", lambda b: f"{b.active_per_1000:.1f}"),
    ("the same, on the busiest night", lambda b: f"{b.most_active_per_1000:.1f}"),
    ("new warnings per 1,000 borrowers, per week", lambda b: _number(b.opened_per_1000_a_week, 1)),
    ("calls (warnings opened on nights with a known outcome)", lambda b: f"{b.calls:,}"),
    ("of these, to borrowers who go bad", lambda b: f"{b.bads_called:,}"),
    ("calls to reach one who goes bad", lambda b: _number(b.calls_per_bad, 1)),
    ("borrowers warned about", lambda b: f"{b.warned:,}"),
    ("of these, warned about again after a pause", lambda b: _share(b.warned_again_share)),
    ("warnings per warned borrower", lambda b: _number(b.openings / b.warned if b.warned else None, 2)),
)


def burden_section(comparison: Comparison) -> Section | None:
    """Return the section on the work that warnings make for those who call; None if there were too few nights."""
    if comparison.watch is None:
        return None
    head = [f"{key}, {words}" for words, _ in ways(comparison.watch) for key in "AB"]
    burdens = [own.burden for _, way in ways(comparison.watch) for _, own in _both(way)]
    rows = tuple((name, *(cell(burden) for burden in burdens)) for name, cell in _BURDEN)
    return Section(
        "How much work the warnings make",
        (Table(("", *head), rows),),
        f"Over {burdens[0].nights} nights, one every {comparison.watch.every_days} day(s). Each new warning is one "
        "call. A borrower goes bad if that happens within the target's horizon of the night on which the warning "
        "opened.",
    )


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:,.{decimals}f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def capacity_section(comparison: Comparison) -> Section:
    """Return the section on bads reached and calls wasted, by how many can be called."""

    def cells(one: Reached) -> tuple[str, str]:
        low, high = one.precision_interval
        return _share(one.capture), f"{one.precision:.1%} ({low:.1%} to {high:.1%})"

    rows = [
        (f"{of_a.share:.0%}", f"{of_a.calls:,}", *cells(of_a), *cells(of_b))
        for of_a, of_b in zip(comparison.a.reached, comparison.b.reached, strict=True)
    ]
    head = (f"{key} {what}" for key in "AB" for what in ("capture", "precision"))
    return Section(
        "How many bads a team of a given size reaches",
        (Table(("share of each date called", "calls", *head), tuple(rows)),),
        "Capture: share of all bads that are called. Precision: share of those called who go bad.",
    )


def economics_section(comparison: Comparison) -> Section | None:
    """Return the section on the value of the calls; None if the book has no amounts owed."""
    economics, valuation = comparison.economics, comparison.economics.valuation
    balances = [(f"at the riskiest {CAPACITY_SHARE:.0%} of each date", economics.at_capacity)]
    balances += [("at each model's own threshold", economics.at_thresholds)]
    blocks: list[Block] = [_money(words, one) for words, one in balances if one]
    if not blocks:
        return None
    inputs = tuple((f"{what}: {source}", value) for what, value, source in valuation.table)
    blocks += [Table(("input and its source", "value"), inputs), Note(valuation.rows_in_words)]
    return Section(
        "What the calls are worth",
        tuple(blocks),
        f"{valuation.formula} Amounts are in the book's currency. Intervals cover the sampling of borrowers and the "
        "uncertainty of the treatment effect and of the share of bads who default.",
    )


_MONEY: tuple[tuple[str, Callable[[Balance], str]], ...] = (
    ("calls", lambda b: f"{b.calls:,}"),
    ("bad events reached", lambda b: f"{b.bad_events_reached:,}"),
    ("loss avoided", lambda b: f"{b.avoided_amount:,.0f}"),
    ("cost of the calls", lambda b: f"{b.contact_amount:,.0f}"),
    (
        "treatment effect at which the calls break even",
        lambda b: "–" if b.break_even_effect is None else f"{b.break_even_effect:.2%}",
    ),
    ("error: loss that a call would have avoided, nobody called", lambda b: f"{b.missed_amount:,.0f}"),
    ("error: calls to those who stayed good", lambda b: f"{b.needless_amount:,.0f}"),
    ("cost of both errors", lambda b: f"{b.errors_amount:,.0f}"),
)


def _money(words: str, balances: Balances) -> Table:
    net, (low_a, high_a), (low_b, high_b) = balances.net_per_1000, balances.net_interval_a, balances.net_interval_b
    rows = [(name, cell(balances.a), cell(balances.b), "") for name, cell in _MONEY]
    rows.append(("net gain per 1,000 rows", _amount(net.a), _amount(net.b), _amount(net.difference)))
    rows.append(
        (
            "95 % interval",
            f"{_amount(low_a)} to {_amount(high_a)}",
            f"{_amount(low_b)} to {_amount(high_b)}",
            f"{_amount(net.low)} to {_amount(net.high)}",
        )
    )
    return Table((f"{words}, {balances.bad_events:,} bad events", "A", "B", "B minus A"), tuple(rows))


def _amount(value: float) -> str:
    sign = signed(round(value), 0)[:1] if round(value) else ""
    return f"{sign}{abs(value):,.0f}"
