"""Valuation: the inputs of the amounts of a threshold or a comparison, for both their pages and for a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from risk_warning.book import StagedBook
from risk_warning.core.economics.attributes import PRODUCT
from risk_warning.core.economics.loss_rates import MIN_BORROWERS, LossRate
from risk_warning.core.outcomes.target import TargetSpec
from risk_warning.economics.assumptions import Assumptions
from risk_warning.economics.loss_experience import loss_counts

CANNOT_TELL = "the data cannot tell whether calls pay for themselves"
"""The verdict if the interval of a net benefit contains 0."""


@dataclass(frozen=True)
class Valuation:
    """The assumptions, the roll to loss, and products with their own loss given default that are not in the book."""

    assumptions: Assumptions
    loss_rate: LossRate
    bad_dpd: int
    unknown_products: tuple[str, ...] = ()

    @property
    def formula(self) -> str:
        """The formula of the benefit, with the figures used."""
        money = self.assumptions.economics
        lgd = f"{money.loss_given_default_ratio:.0%}" + (" (others by product)" * bool(self._by_product))
        return (
            f"Benefit = exposure × {lgd} loss given default × {self.loss_rate.ratio.mid:.0%} of bads who default × "
            f"{money.treatment_effects[1]:.0%} treatment effect, over the bad events with a warning before them, "
            f"minus {money.contact_cost_amount:g} for every call."
        )

    @property
    def rows_in_words(self) -> str:
        """What a row represents, and what is counted only once."""
        return (
            "A row is one borrower on the night of one as-of date. A bad event that several rows precede counts once, "
            "if any of them has a warning; its exposure is that of the latest of these rows. A call is made when a "
            f"warning opens, and again on the first date after every {self.assumptions.economics.call_again_days} days "
            "it stays open; calls due between dates are not counted."
        )

    @property
    def table(self) -> tuple[tuple[str, str, str], ...]:
        """The inputs of the benefit as (input, value, source)."""
        money, source = self.assumptions.economics, self.assumptions.source
        low, mid, high = money.treatment_effects
        ratio = self.loss_rate.ratio
        default = f"{mid:.0%}" if low == high else f"{mid:.0%} ({low:.0%} to {high:.0%})"
        roll = (
            f"{ratio.mid:.1%} ({ratio.low:.1%} to {ratio.high:.1%})" if ratio.low < ratio.high else f"{ratio.mid:.1%}"
        )
        products = [
            (f"loss given default of {name}", f"{value:.0%}", source("loss_given_default_by_product"))
            for name, value in self._by_product
        ]
        return (
            (
                "cost of a call, currency of the book",
                f"{money.contact_cost_amount:,.2f}",
                source("contact_cost_amount"),
            ),
            (
                "loss given default: share of the exposure lost, after recoveries",
                f"{money.loss_given_default_ratio:.0%}",
                source("loss_given_default_ratio"),
            ),
            *products,
            (
                "credit conversion: share of an undrawn limit drawn before default",
                f"{money.credit_conversion_ratio:.0%}",
                source("credit_conversion_ratio"),
            ),
            (
                f"bads who default: share of those {self.bad_dpd} days past due who reach 90 or are written off within "
                f"{money.loss_window_months} months",
                roll,
                self._roll_source,
            ),
            ("treatment effect: share of bads that a call prevents", default, source("treatment_effects")),
            (
                "called again while the warning stays open",
                f"every {money.call_again_days} days",
                source("call_again_days"),
            ),
        )

    @property
    def in_words(self) -> tuple[str, ...]:
        """The formula, the counting and the inputs, one line each, for a terminal."""
        inputs = (f"{what}: {value} ({source})" for what, value, source in self.table)
        return self.formula, self.rows_in_words, *inputs

    @property
    def _by_product(self) -> list[tuple[str, float]]:
        named = self.assumptions.economics.loss_given_default_by_product
        return [(name, value) for name, value in sorted(named.items()) if name not in self.unknown_products]

    @property
    def _roll_source(self) -> str:
        counts = self.loss_rate.counts
        if self.loss_rate.source == "measured":
            return (
                f"measured: {counts.lost:,} of {counts.events:,} bad events of {counts.borrowers:,} borrowers, old "
                "enough to be judged"
            )
        few = f"{counts.borrowers:,} borrowers with a bad event old enough to be judged, {MIN_BORROWERS} needed"
        if self.loss_rate.source == "setting":
            return f"setting economics.roll_to_loss_ratio: the book has {few}"
        return f"assumed to be 1: too few ({few})"

    @property
    def cautions(self) -> tuple[str, ...]:
        """Warnings to read before relying on an amount."""
        messages = []
        if self.loss_rate.source == "too few":
            messages.append(
                f"Every bad is assumed to default, because only {self.loss_rate.counts.borrowers:,} borrowers turned "
                "bad long enough ago to measure how many do: losses are overstated. Set economics.roll_to_loss_ratio, "
                "or use a book with a longer history."
            )
        if self.unknown_products:
            messages.append(
                f"The book has no product {', '.join(self.unknown_products)}; correct "
                "economics.loss_given_default_by_product."
            )
        return tuple(messages)


def valuation_of(
    book: StagedBook,
    target: TargetSpec,
    assumptions: Assumptions,
    borrowers_per_chunk: int,
    advance: Callable[[int], None],
) -> Valuation:
    """Return the valuation of a book; its roll to loss is measured from the outcomes of all its bads."""
    economics = assumptions.economics
    counts = loss_counts(book, target, economics.loss_window_months, borrowers_per_chunk, advance)
    products = book.categories.get(PRODUCT, ())
    return Valuation(
        assumptions,
        LossRate.of(counts, economics),
        target.bad_dpd,
        tuple(sorted(set(economics.loss_given_default_by_product) - set(products))),
    )


def worth_in_words(amount: float, low: float, high: float) -> str:
    """Return an amount with its interval as text."""
    mid, lower, upper = (f"{value:+,.0f}".replace("-", "−") for value in (amount, low, high))
    return f"{mid} ({lower} to {upper})"
