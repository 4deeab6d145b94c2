"""The page of the thresholds: the verdict, the ways side by side, the curve of each, and what each changes for whom."""

from __future__ import annotations

from risk_warning.core.policy import BANDS
from risk_warning.economics.valuation import CANNOT_TELL
from risk_warning.reports import (
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
    line_chart,
    page,
)
from risk_warning.reports.numbers import signed
from risk_warning.studies.threshold.result import Thresholds, ThresholdWay
from risk_warning.studies.threshold.table import (
    BENEFIT_HEAD,
    FLAG_HEAD,
    NIGHT_HEAD,
    benefit_cells,
    flag_cells,
    gain_in_words,
    night_cells,
    rate_in_words,
    rows,
)

_MOST_SHARE = 0.3
"""Largest share flagged that the charts show: nobody would call more borrowers than that."""


def threshold_page(evidence: Thresholds) -> str:
    """Return the page as HTML."""
    sections = [_ways(evidence), _fixed(evidence)]
    if evidence.nights:
        sections.append(_capacity(evidence))
    if evidence.exposure_known_ratio:
        sections.append(_benefit(evidence))
    sections += [_changes(evidence, way) for way in evidence.ways]
    return page(
        "The safety threshold: what each cut-off does",
        evidence.verdict,
        sections,
        basis=evidence.basis,
        top=_top(evidence),
    )


def _top(evidence: Thresholds) -> list[Block]:
    now = evidence.in_force
    items = [
        ("threshold in force, points", f"{now.policy.threshold:.1f}"),
        ("borrowers flagged", f"{now.point.flagged_ratio:.1%}"),
        ("bads flagged", f"{now.point.capture_ratio:.0%}"),
    ]
    if now.burden is not None:
        items.append(("calls a day", f"{now.burden.calls:,.1f}"))
    pays = [Note(evidence.pays, is_warning=CANNOT_TELL in evidence.pays)] if evidence.pays else []
    return [*pays, Cards(tuple(items)), *(Note(text, is_warning=True) for text in evidence.cautions)]


def _ways(evidence: Thresholds) -> Section:
    now = evidence.in_force
    named = [("the policy in force", now), *((way.rule, way.cut) for way in evidence.ways)]
    table = Table(
        ("way", "threshold", *FLAG_HEAD[1:], "calls a day"),
        tuple(
            (
                name,
                f"{cut.policy.threshold:.1f}",
                *flag_cells(cut.point)[1:],
                "–" if cut.burden is None else f"{cut.burden.calls:,.1f}",
            )
            for name, cut in named
        ),
    )
    blocks: list[Block] = [table]
    if evidence.way("benefit") is None and evidence.exposure_known_ratio:
        blocks.append(Note("At these costs and effects, no threshold brings more than it costs.", is_warning=True))
    return Section(
        "The ways to choose",
        tuple(blocks),
        "The version of a policy is a digest of its content; the nightly run and the service name the version they "
        "used. Borrowers were flagged before it was known which of them would turn bad.",
    )


def _fixed(evidence: Thresholds) -> Section:
    points = [point for point in evidence.curve if point.flagged_ratio <= _MOST_SHARE]
    chart = line_chart(
        "Bads reached and borrowers flagged, by threshold",
        [
            Line("share of bads flagged", tuple((p.threshold, p.capture_ratio) for p in points)),
            Line("share of all borrowers flagged", tuple((p.threshold, p.flagged_ratio) for p in points)),
            Line("share of the flagged who turned bad", tuple((p.threshold, p.precision_ratio or 0.0) for p in points)),
        ],
        Scale.of_range("threshold, points", points[0].threshold, points[-1].threshold),
        Scale.of_shares("share", 1.0),
    )
    head = ("threshold", *FLAG_HEAD)
    return Section(
        "A fixed score",
        (
            Figure(chart, "A higher threshold reaches more of the bads, and flags more goods with them."),
            Table(head, tuple((name, *flag_cells(point)) for name, point, _ in rows(evidence))),
        ),
        "Means over the as-of dates. Per bad: borrowers flagged for each one who turns bad.",
    )


def _capacity(evidence: Thresholds) -> Section:
    assert evidence.nights is not None
    loads = [
        (point.threshold, load)
        for point, load in zip(evidence.curve, evidence.burdens, strict=True)
        if point.flagged_ratio <= _MOST_SHARE
    ]
    lines = [
        Line("calls a day", tuple((at, load.calls) for at, load in loads)),
        Line("new warnings a day", tuple((at, load.new_warnings) for at, load in loads)),
    ]
    largest = max(load.calls for _, load in loads)
    if evidence.request.capacity_per_day is not None:
        ends = loads[0][0], loads[-1][0]
        lines.append(Line("capacity", tuple((at, evidence.request.capacity_per_day) for at in ends)))
        largest = max(largest, evidence.request.capacity_per_day)
    chart = line_chart(
        "Calls and new warnings a day, by threshold",
        lines,
        Scale.of_range("threshold, points", loads[0][0], loads[-1][0]),
        Scale.of_numbers("people a day", largest),
    )
    policy, money = evidence.in_force.policy, evidence.valuation.assumptions.economics
    body = tuple((name, *night_cells(load)) for name, _, load in rows(evidence) if load is not None)
    return Section(
        "The team's capacity",
        (Figure(chart), Table(("threshold", *NIGHT_HEAD), body)),
        f"The nightly run is replayed for each night from {evidence.nights[0]} to {evidence.nights[1]} with "
        f"{evidence.night_borrowers:,} borrowers of the book; the figures are for the whole book. A warning stays open "
        f"until the score has been {policy.margin:g} points above the threshold for {policy.close_after_days} days, or "
        "until the arrears go to collections; while it is open, the borrower is called every "
        f"{money.call_again_days} days. Days are calendar days. The mean stay is the number of open warnings divided "
        "by that of new ones (Little's law); it is rough if the number of open warnings grows.",
    )


def _benefit(evidence: Thresholds) -> Section:
    points = [point for point in evidence.curve if point.flagged_ratio <= _MOST_SHARE]
    effects = evidence.valuation.assumptions.economics.treatment_effects
    lines = [
        Line(
            f"effect {effect:.0%}",
            tuple((p.threshold, p.benefit_amounts[index]) for p in points if p.benefit_amounts is not None),
        )
        for index, effect in enumerate(effects)
    ]
    lines.append(
        Line(
            f"effect {effects[1]:.0%}, from the PDs",
            tuple((p.threshold, p.expected_benefit_amount) for p in points if p.expected_benefit_amount is not None),
        )
    )
    values = [value for line in lines for _, value in line.points]
    chart = line_chart(
        "Benefit by threshold and treatment effect",
        lines,
        Scale.of_range("threshold, points", points[0].threshold, points[-1].threshold),
        Scale.of_range("benefit per as-of date, currency of the book", min(0.0, *values), max(values)),
    )
    best = ", ".join(
        f"{effect:.0%}: {'none' if at is None else f'{at:.1f}'}"
        for effect, at in zip(effects, evidence.best, strict=True)
    )
    return Section(
        "The best expected benefit",
        (
            Figure(chart, "Where a curve is flat, the thresholds are equally good, and capacity decides."),
            Note(f"Best threshold by treatment effect: {best}."),
            Table(
                ("threshold", *BENEFIT_HEAD), tuple((name, *benefit_cells(point)) for name, point, _ in rows(evidence))
            ),
            Table(
                ("input and its source", "value"),
                tuple((f"{what}: {source}", value) for what, value, source in evidence.valuation.table),
            ),
            Note(evidence.valuation.rows_in_words),
        ),
        f"{evidence.valuation.formula} The exposure of {evidence.exposure_known_ratio:.0%} of the rows is known; the "
        "others count as 0. The best threshold looks a little better than it is, because it is chosen on the same rows "
        "that it is judged on.",
    )


def _changes(evidence: Thresholds, way: ThresholdWay) -> Section:
    people = way.bands.sum(axis=1)
    cells = []
    for row, band in enumerate(BANDS):
        total = max(int(people[row]), 1)
        cells.append(
            (
                f"{band} ({people[row]:,})",
                tuple(HeatCell(f"{count:,}", count / total) for count in way.bands[row].tolist()),
            )
        )
    moved = tuple(
        (band, f"{people[row]:,}", signed(way.gained[row], 0), signed(-way.lost[row], 0))
        for row, band in enumerate(BANDS)
    )
    policy = way.cut.policy
    return Section(
        f"What changes with {way.rule}: {policy.threshold:.1f} instead of {evidence.in_force.policy.threshold:.1f}",
        (
            Note(
                f"Gain a warning: {rate_in_words(way.swap.gained)}; lose one: {rate_in_words(way.swap.lost)}; "
                f"keep one: {rate_in_words(way.swap.both)}. The change is {gain_in_words(way.gain)}."
            ),
            Table(("band in force", "people", "gain a warning", "lose one"), moved),
            Heat("band in force ↓ new →", BANDS, tuple(cells)),
        ),
        f"People scored on {evidence.dates[-1]}. Policy {policy.version}: red below {policy.red_below:.1f}, warned "
        f"about below {policy.threshold:.1f}, green from {policy.yellow_below:.1f}.",
    )
