"""The gate's rules: what a model must meet before it replaces the champion, each rule with its figure and limit."""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.reports.numbers import measure_text, signed
from risk_warning.settings import GateSettings
from risk_warning.stats.clustered import Interval
from risk_warning.stats.delong import Difference

MIN_SELECTION_RATIO, MAX_TRUE_POSITIVE_GAP = 0.8, 0.1
"""The limits at which fairness warns if the settings give none: the four-fifths rule (29 CFR 1607.4 D), and a tenth of
the bads of a group that is helped less."""


@dataclass(frozen=True, kw_only=True)
class GateEvidence:
    """The evidence on the model that would become the champion; None means not measured."""

    auc: Difference | None
    """None if there is no champion to compare with."""
    auc_bad_borrowers: int = 0
    """Number of bad borrowers in the comparison."""
    observed_over_expected: Interval | None = None
    """On months the model did not learn from; None if there are none."""
    slope: Interval | None = None
    calibration_dates: int = 0
    by_band: tuple[tuple[str, int, Interval], ...] = ()
    """(band, bads, observed over expected)."""
    held_out: Interval | None = None
    """Observed over expected of the borrowers the model did not learn from."""
    held_out_dates: int | None = None
    """None if the model held nobody out."""
    against_scorecard: Difference | None = None
    """Gain in AUC over the plain scorecard; None if the model is a scorecard itself."""
    leaks: tuple[str, ...] = ()
    """Features that may contain information not yet available on the as-of date."""
    ece: float | None = None
    score_psi: float | None = None
    selection_ratio: float | None = None
    true_positive_gap: float | None = None
    violations: int
    """Number of features whose direction the trees violate."""
    parity_compared: int
    parity_differing: int
    parity_there: int
    """Number of borrowers in the book who can be scored alone."""
    archived_compared: int | None = None
    """None if no archive of a night was given."""
    archived_differing: int = 0
    learnt_from_dates: int = 0
    """Number of dates of the comparison that the model may have learnt from."""


@dataclass(frozen=True)
class Rule:
    """A rule and its outcome."""

    name: str
    passed: bool
    figure: str
    limit: str
    blocks: bool = True
    """Whether the model is refused if the rule is not met; otherwise the rule warns."""

    def in_words(self) -> str:
        """Return the rule in one line: outcome, name, figure and limit."""
        return f"{self.outcome}: {self.name}: {self.figure}; limit: {self.limit}"

    @property
    def outcome(self) -> str:
        """The outcome: met, NOT MET or warning."""
        return "met" if self.passed else "NOT MET" if self.blocks else "warning"


def judge(evidence: GateEvidence, limits: GateSettings) -> tuple[Rule, ...]:
    """Judge every rule that is turned on; a rule whose figure was not measured is not met.

    A first champion is not compared with another model. It needs no archive, since no night has run yet.
    """
    rules = _calibrated(evidence, limits)
    if evidence.against_scorecard is not None:
        gain = evidence.against_scorecard
        rules.append(Rule("no worse than the scorecard", gain.high > 0, _interval(gain), "interval not wholly below 0"))
    rules.append(Rule("no leak suspected", not evidence.leaks, ", ".join(evidence.leaks) or "none", "none"))
    if evidence.auc is not None:
        auc = evidence.auc
        figure = _interval(auc)
        rules.append(_no_worse(auc, evidence.auc_bad_borrowers, limits.max_auc_loss))
        if limits.min_auc_gain is not None:
            limit = f"low end above {limits.min_auc_gain:g}"
            rules.append(Rule("better in AUC", auc.low > limits.min_auc_gain, figure, limit))
        rules.append(
            Rule(
                "compared on dates it did not learn from",
                not evidence.learnt_from_dates,
                str(evidence.learnt_from_dates),
                "0",
            )
        )
        rules += _at_most("calibration error (ECE)", evidence.ece, limits.max_ece)
        rules += _at_most("PSI of its scores", evidence.score_psi, limits.max_score_psi)
        rules += _fairness(evidence, limits)
    rules.append(Rule("directions of features kept", not evidence.violations, f"{evidence.violations} violated", "0"))
    wanted = min(limits.parity_borrowers, evidence.parity_there)
    alone = f"{evidence.parity_differing} of {evidence.parity_compared} differ" + _all(wanted, limits.parity_borrowers)
    enough = evidence.parity_compared >= max(wanted, 1)
    rules.append(Rule("alone as in the whole book", enough and not evidence.parity_differing, alone, _of(wanted)))
    is_first = evidence.auc is None
    if limits.archived_borrowers and not (is_first and evidence.archived_compared is None):
        # An archive holds a sample of a large book, and all of a small one.
        compared = evidence.archived_compared
        archived = "no archive of a night was given"
        if compared is not None:
            archived = f"{evidence.archived_differing} of {compared} differ" + _all(compared, limits.archived_borrowers)
        same = bool(compared) and not evidence.archived_differing
        limit = f"0 of {limits.archived_borrowers:,}, or of all archived"
        rules.append(Rule("features as they were known at the time", same, archived, limit))
    return tuple(rules)


def _calibrated(evidence: GateEvidence, limits: GateSettings) -> list[Rule]:
    """Judge calibration, overall and by band: an interval wholly outside the limits refuses the model."""
    between, months = (limits.min_oe, limits.max_oe), f" on {evidence.calibration_dates} month(s)"
    rules = [
        _within("observed over expected", evidence.observed_over_expected, between, months),
        _within("calibration slope", evidence.slope, (limits.min_slope, limits.max_slope), months),
    ]
    if evidence.held_out_dates is not None:
        name = "observed over expected, held-out borrowers"
        rules.append(_within(name, evidence.held_out, between, f" on {evidence.held_out_dates} month(s)"))
    for band, bads, ratio in evidence.by_band:
        name = f"observed over expected, band {band}"
        rules.append(_within(name, ratio, between, f", {bads:,} bad"))
    return rules


def _within(name: str, figure: Interval | None, limits: tuple[float, float], basis: str) -> Rule:
    low, high = limits
    limit = f"interval not wholly outside {low:g} to {high:g}"
    if figure is None:
        return Rule(name, False, "not measured: no month to evaluate, or all outcomes are alike", limit)
    passed = figure.high >= low and figure.low <= high
    text = f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f}){basis}"
    if passed and figure.holds(1.0) and (figure.holds(low) or figure.holds(high)):
        text += "; cannot tell: the interval contains both 1 and a limit"
    return Rule(name, passed, text, limit)


def _no_worse(auc: Difference, bad_borrowers: int, max_loss: float) -> Rule:
    """Judge non-inferiority.

    If half the width of the interval exceeds the allowed loss, refuse only a model that is surely worse, or whose
    estimated loss reaches the allowed loss.
    """
    name, figure = "no worse in AUC", _interval(auc)
    if (auc.high - auc.low) / 2 <= max_loss:
        return Rule(name, auc.low > -max_loss, figure, f"low end above {-max_loss:g}")
    if auc.low > -max_loss:
        return Rule(name, True, figure, f"low end above {-max_loss:g}")
    text = f"{figure}; {bad_borrowers:,} bad borrowers are too few to rule out a loss of {max_loss:g}"
    limit = f"estimate above {-max_loss:g}, interval not wholly below 0"
    return Rule(name, auc.high > 0 and auc.difference > -max_loss, text, limit)


def _interval(figure: Difference) -> str:
    return f"{signed(figure.difference, 4)} ({signed(figure.low, 4)} to {signed(figure.high, 4)})"


def _all(available: int, wanted: int) -> str:
    return f": all available; the setting is {wanted:,}" if available < wanted else ""


def _of(borrowers: int) -> str:
    return f"0 of at least {borrowers:,}"


def _fairness(evidence: GateEvidence, limits: GateSettings) -> list[Rule]:
    ratio, least = evidence.selection_ratio, limits.min_selection_ratio
    gap, most = evidence.true_positive_gap, limits.max_true_positive_gap
    blocks_ratio, blocks_gap = least is not None, most is not None
    least, most = (MIN_SELECTION_RATIO if least is None else least), (MAX_TRUE_POSITIVE_GAP if most is None else most)
    return [
        Rule(
            "selection ratio",
            ratio is not None and ratio >= least,
            measure_text(ratio, unknown="not measured"),
            f"at least {least:g}",
            blocks_ratio,
        ),
        Rule(
            "true positive gap",
            gap is not None and gap <= most,
            measure_text(gap, unknown="not measured"),
            f"at most {most:g}",
            blocks_gap,
        ),
    ]


def _at_most(name: str, figure: float | None, limit: float | None) -> list[Rule]:
    if limit is None:
        return []
    return [
        Rule(
            name,
            figure is not None and figure <= limit,
            measure_text(figure, unknown="not measured"),
            f"at most {limit:g}",
        )
    ]
