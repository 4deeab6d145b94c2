"""The pages of a risk team: one file that fetches nothing, charts that contain their values, text that stays text."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from risk_warning.errors import OutputError
from risk_warning.reports import (
    Bar,
    BarGroup,
    Cards,
    Figure,
    Folded,
    Gallery,
    Heat,
    HeatCell,
    Line,
    MonthBar,
    MonthShares,
    Note,
    Scale,
    Section,
    SmallBar,
    Table,
    bar_chart,
    level_bars,
    line_chart,
    month_bars,
    month_grid,
    page,
    small_bars,
    write_page,
)
from risk_warning.reports.line_chart import MOST_LINES

FETCHED = ("http", "<script", "<link", "<img", "url(", "@import")
TINY = Scale.of_numbers("months", 4.0)


def drawn(svg: str) -> ElementTree.Element:
    """Parse the picture as XML, which fails if it is not well-formed."""
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in drawn(svg).iter("text")]


def test_the_verdict_stands_before_what_it_rests_on() -> None:
    text = page("Title", "The verdict.", [Section("Why", (Note("Because."),), "A lead.")], basis="3 rows")
    order = [text.index(part) for part in ("<h1>Title", "The verdict.", "3 rows", "<h2>Why", "A lead.", "Because.")]
    assert order == sorted(order)


def test_a_page_fetches_nothing_and_runs_nothing() -> None:
    chart = line_chart("a chart", [Line("a", ((0.0, 1.0), (1.0, 2.0)))], TINY, TINY)
    text = page("t", "v", [Section("s", (Figure(chart, "seen"),))])
    assert not [fetched for fetched in FETCHED if fetched in text]
    assert "@media print" in text and "<svg" in text and "<figcaption>seen" in text


def test_what_a_lender_wrote_stays_text() -> None:
    name = '<b>"R&D"</b>'
    blocks = (
        Cards(((name, name),)),
        Table((name, name), ((name, name),)),
        Heat(name, (name,), ((name, (HeatCell(name, 1.0, name),)),)),
        Note(name, is_warning=True),
        Figure(bar_chart(name, (name, name), [BarGroup(name, (Bar(1.0, name), None))], name, TINY), name),
    )
    text = page(name, name, [Section(name, blocks, name)], basis=name, top=(Note(name),))
    assert name not in text and "<b>&#34;" not in text
    assert texts(blocks[-1].svg).count(name) == 5, "a group, a value, an axis and two series; the scale has its own"


def test_figures_stand_to_the_right_and_names_to_the_left() -> None:
    text = page("t", "v", [Section("s", (Table(("month", "rows"), (("May", "12"),)),))])
    assert '<td>May</td><td class="n">12</td>' in text


def test_a_cell_is_as_dark_as_its_share() -> None:
    cells = tuple(HeatCell(str(share), share) for share in (0.0, 0.5, 1.0))
    text = page("t", "v", [Section("s", (Heat("from", ("a", "b", "c"), (("row", cells),)),))])
    assert [f"153, {shade})" in text for shade in ("0.000", "0.225", "0.450")] == [True] * 3


@pytest.mark.parametrize(
    ("largest", "last", "texts"),
    [
        (1.0, 1.0, ("0%", "20%", "40%", "60%", "80%", "100%")),
        (0.3, 0.3, ("0%", "10%", "20%", "30%")),
        (0.0042, 0.005, ("0.0%", "0.1%", "0.2%", "0.3%", "0.4%", "0.5%")),
        (0.0, 0.01, ("0.0%", "0.2%", "0.4%", "0.6%", "0.8%", "1.0%")),
    ],
)
def test_an_axis_of_shares_has_round_ticks_that_hold_the_largest(
    largest: float, last: float, texts: tuple[str, ...]
) -> None:
    scale = Scale.of_shares("share", largest)
    assert scale.texts == texts
    assert scale.ticks[0] == 0 and scale.ticks[-1] == pytest.approx(last)


def test_of_many_names_only_some_are_written() -> None:
    names = [f"2023-{month:02}" for month in range(1, 31)]
    labels = [text for text in Scale.of_names("month", names).texts if text]
    assert len(labels) == 10 and labels[:2] == ["2023-01", "2023-04"]
    assert Scale.of_names("month", names[:3]).texts == tuple(names[:3])


def test_a_higher_value_stands_higher_and_one_outside_at_the_end() -> None:
    svg = line_chart("c", [Line("a", ((0.0, 1.0), (2.0, 3.0), (4.0, 9.0)))], TINY, TINY)
    first = drawn(svg).find("polyline")
    assert first is not None
    (x0, y0), (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in first.attrib["points"].split())
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(130, abs=0.2), "2 of 4 of a plot of 260 pixels"
    assert y1 - y2 == pytest.approx(65, abs=0.2)


def test_lines_differ_in_more_than_colour() -> None:
    lines = [Line(f"series {k}", ((0.0, k / 2), (4.0, k / 2))) for k in range(MOST_LINES)]
    svg = drawn(line_chart("c", lines, TINY, TINY))
    kinds = {"circle", "rect", "path"}
    marks = [element for element in svg.iter() if element.tag in kinds]
    looks = {
        (mark.tag, len(mark.attrib.get("d", "").split("l")[-1].split()), mark.attrib["fill"] == "#ffffff")
        for mark in marks
    }
    assert len(looks) == MOST_LINES
    assert len(marks) == 3 * MOST_LINES, "two points each, and one in the legend"


def test_a_band_is_drawn_where_there_is_an_interval() -> None:
    plain = Line("a", ((0.0, 1.0), (4.0, 2.0)))
    banded = Line("b", ((0.0, 1.0), (4.0, 2.0)), ((0.5, 1.5), (1.0, 3.0)))
    svg = drawn(line_chart("c", [plain, banded], TINY, TINY))
    assert [len(band.attrib["points"].split()) for band in svg.iter("polygon")] == [4]


def test_a_legend_too_long_for_a_row_goes_on_in_the_next() -> None:
    lines = [Line("a name of about forty letters, number " + str(k), ((0.0, 1.0),)) for k in range(4)]
    svg = drawn(line_chart("c", lines, TINY, TINY))
    legend = [text for text in svg.iter("text") if (text.text or "").startswith("a name")]
    assert len({text.attrib["y"] for text in legend}) == 2
    width = float(svg.attrib["viewBox"].split()[2])
    assert all(float(text.attrib["x"]) + 7 * len(text.text or "") <= width for text in legend)


def test_bars_stand_on_the_axis_with_their_values_and_intervals() -> None:
    groups = [BarGroup("x", (Bar(2.0, "2.0", (1.0, 3.0)), None)), BarGroup("y", (Bar(4.0, "4.0"), Bar(1.0, "1.0")))]
    svg = bar_chart("c", ("first", "second"), groups, "group", TINY)
    bars = [bar for bar in drawn(svg).iter("rect") if bar.attrib.get("stroke-width") == "0.75"]
    assert [float(bar.attrib["height"]) for bar in bars] == pytest.approx([130, 260, 65])
    assert {float(bar.attrib["y"]) + float(bar.attrib["height"]) for bar in bars} == {324.0}
    assert len(list(drawn(svg).iter("path"))) == 2, "one interval, white below ink"
    assert {"first", "second", "2.0", "4.0", "1.0", "x", "y", "group"} <= set(texts(svg))


def test_a_page_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    written = tmp_path / "new" / "page.html"
    write_page(written, page("标题", "结论", []))
    assert "结论" in written.read_text(encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        write_page(written / "below a file", "text")


def test_a_month_is_as_tall_as_its_count_and_a_gap_is_not_merely_absent() -> None:
    bars = [
        MonthBar("2024-01", 100),
        MonthBar("2024-02", 0, "gap"),
        MonthBar("2024-03", 50, "low"),
        MonthBar("2024-04", 0),
    ]
    svg = drawn(month_bars("rows of loans", bars, "rows"))
    stated = {title.text: parent for parent in svg.iter() for title in parent.findall("title")}
    assert set(stated) == {"rows of loans", "2024-01: 100", "2024-02: none", "2024-03: 50"}
    assert float(stated["2024-01: 100"].attrib["height"]) == 2 * float(stated["2024-03: 50"].attrib["height"])
    assert stated["2024-02: none"].tag == "g", "a crossed frame"
    assert stated["2024-03: 50"].attrib["fill"] != stated["2024-01: 100"].attrib["fill"]


def test_of_many_months_only_the_years_are_written() -> None:
    names = [f"{2010 + at // 12}-{at % 12 + 1:02}" for at in range(120)]
    written = texts(month_bars("t", [MonthBar(name, 1) for name in names], "rows"))
    assert [text for text in written if text.startswith("20")] == [str(year) for year in range(2010, 2020)]
    few = texts(month_bars("t", [MonthBar(name, 1) for name in names[:12]], "rows"))
    assert [text for text in few if text.startswith("20")] == names[:12]


def test_months_of_one_share_are_one_cell_and_darker_where_more_is_missing() -> None:
    months = ["2024-01", "2024-02", "2024-03", "2024-04"]
    svg = drawn(month_grid("g", months, [MonthShares("balance", (0.0, 0.0, 0.5, 1.0)), MonthShares("x", (None,) * 4)]))
    cells = list(svg.iter("rect"))
    assert [cell.findtext("title") for cell in cells] == [
        "balance, 2024-01 to 2024-02: 0%",
        "balance, 2024-03: 50%",
        "balance, 2024-04: 100%",
    ]
    shades = [float(cell.attrib.get("fill-opacity", 0)) for cell in cells]
    assert shades == sorted(shades) and len(set(shades)) == 3


def test_small_charts_name_what_they_show_and_leave_empty_places_empty() -> None:
    svg = drawn(
        small_bars("income", "income of borrowers, 0 to 3", [SmallBar("0–1", 4), None, SmallBar("2–3", 2)], ("0", "3"))
    )
    assert svg.attrib["aria-label"] == "income of borrowers, 0 to 3"
    first, second = svg.iter("rect")
    assert [first.findtext("title"), second.findtext("title")] == ["0–1: 4", "2–3: 2"]
    assert float(second.attrib["x"]) - float(first.attrib["x"]) == pytest.approx(2 * 298 / 3, abs=0.2)
    svg_of_levels = level_bars("region", "region: a 75%", [SmallBar("a" * 30, 3), SmallBar("<b>", 1)], 4)
    assert texts(svg_of_levels) == ["region", "a" * 17 + "…", "75.0%", "<b>", "25.0%"]


def test_a_long_table_is_folded_and_a_gallery_holds_its_figures() -> None:
    blocks = (Gallery((Figure("<svg/>", "one"), Figure("<svg/>", "two"))), Folded("figures", Table(("a",), (("b",),))))
    text = page("t", "v", [Section("s", blocks)])
    assert text.index('class="gallery"') < text.index("<figcaption>one") < text.index("<figcaption>two")
    assert text.index("<summary>figures") < text.index("<td>b</td>") < text.index("</details>")
