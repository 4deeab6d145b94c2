"""The gate: the rules a model has to meet before it takes the champion's place, each with its figure and its limit."""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.reports.numbers import signed
from risk_warning.stats.clustered import Interval
from risk_warning.stats.delong import Difference

MIN_SELECTION_RATIO, MAX_TRUE_POSITIVE_GAP = 0.8, 0.1
"""Where fairness is warned of unless the settings ask for more: the four-fifths rule (29 CFR 1607.4 D), and a tenth of
the bads of a group that is helped less."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is asked of a new champion; None: the rule is not asked, a rule of fairness warns at its usual limit."""

    max_auc_loss: float = 0.005
    """Non-inferiority: the lower end of the interval of the gain in AUC must lie above minus so much."""
    min_auc_gain: float | None = None
    """The lower end must lie above so much: the model has to be better, not only no worse."""
    min_oe: float = 0.8
    """Observed over expected: refused where its interval lies wholly below, or wholly above `max_oe`."""
    max_oe: float = 1.25
    min_slope: float = 0.8
    """Calibration slope, likewise."""
    max_slope: float = 1.25
    max_ece: float | None = 0.02
    max_score_psi: float | None = 0.25
    """Of its scores since the last date from which both models had learnt."""
    min_selection_ratio: float | None = None
    """Smallest share warned about over the largest, of the groups of any protected attribute."""
    max_true_positive_gap: float | None = None
    parity_borrowers: int = 200
    """Borrowers scored alone, who must get the number of the whole book; all of them, where a book has fewer."""
    archived_borrowers: int = 1_000
    """Borrowers whose features of a night must be those the training set has of that date, all that are archived where
    they are fewer; 0: the rule is not asked."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of the model that would take over; None: not measured."""

    auc: Difference | None
    """None where there is no champion to be compared with."""
    auc_bad_borrowers: int = 0
    """Bad borrowers the comparison rests on."""
    observed_over_expected: Interval | None = None
    """On months it did not learn from; None where there are none."""
    slope: Interval | None = None
    calibration_dates: int = 0
    by_band: tuple[tuple[str, int, Interval], ...] = ()
    """(band, bads, observed over expected)."""
    against_scorecard: Difference | None = None
    """AUC more than that of the plain scorecard; None where it is one itself."""
    leaks: tuple[str, ...] = ()
    """Features that may know more than could have been known."""
    ece: float | None = None
    score_psi: float | None = None
    selection_ratio: float | None = None
    true_positive_gap: float | None = None
    violations: int
    """Features whose direction the trees move against."""
    parity_compared: int
    parity_differing: int
    parity_there: int
    """Borrowers the book has to be scored alone."""
    archived_compared: int | None = None
    """None where no night's archive was given."""
    archived_differing: int = 0
    learnt_from_dates: int = 0
    """Dates of the comparison that the model may have learnt from."""


@dataclass(frozen=True)
class Rule:
    """One rule and what became of it."""

    name: str
    passed: bool
    figure: str
    limit: str
    blocks: bool = True
    """Whether the model is refused where the rule is not met; otherwise that is a warning."""

    def in_words(self) -> str:
        """The rule in a line: outcome, name, figure and limit."""
        return f"{self.outcome}: {self.name}: {self.figure}; limit: {self.limit}"

    @property
    def outcome(self) -> str:
        """What became of it in a word."""
        return "met" if self.passed else "NOT MET" if self.blocks else "warning"


def judge(found: Evidence, limits: Limits) -> tuple[Rule, ...]:
    """Every rule that is asked; one whose figure was not measured has not passed.

    A first champion is held against nothing but itself; it needs no archive, since no night has run.
    """
    rules = _calibrated(found, limits)
    if found.against_scorecard is not None:
        gain = found.against_scorecard
        rules.append(Rule("no worse than the scorecard", gain.high > 0, _interval(gain), "not surely below 0"))
    rules.append(Rule("no leak suspected", not found.leaks, ", ".join(found.leaks) or "none", "none"))
    if found.auc is not None:
        auc = found.auc
        shown = _interval(auc)
        rules.append(_no_worse(auc, found.auc_bad_borrowers, limits.max_auc_loss))
        if limits.min_auc_gain is not None:
            limit = f"low end above {limits.min_auc_gain:g}"
            rules.append(Rule("better in AUC", auc.low > limits.min_auc_gain, shown, limit))
        rules.append(
            Rule(
                "compared on dates it did not learn from",
                not found.learnt_from_dates,
                str(found.learnt_from_dates),
                "0",
            )
        )
        rules += _at_most("calibration error (ECE)", found.ece, limits.max_ece)
        rules += _at_most("PSI of its scores", found.score_psi, limits.max_score_psi)
        rules += _fairness(found, limits)
    rules.append(Rule("directions of features kept", not found.violations, f"{found.violations} violated", "0"))
    wanted = min(limits.parity_borrowers, found.parity_there)
    alone = f"{found.parity_differing} of {found.parity_compared} differ" + _all(wanted, limits.parity_borrowers)
    enough = found.parity_compared >= max(wanted, 1)
    rules.append(Rule("alone as in the whole book", enough and not found.parity_differing, alone, _of(wanted)))
    is_first = found.auc is None
    if limits.archived_borrowers and not (is_first and found.archived_compared is None):
        # An archive holds a sample of a large book, and all of a small one.
        compared = found.archived_compared
        archived = "no archive of a night was given"
        if compared is not None:
            archived = f"{found.archived_differing} of {compared} differ" + _all(compared, limits.archived_borrowers)
        same = bool(compared) and not found.archived_differing
        limit = f"0 of {limits.archived_borrowers:,}, or of all archived"
        rules.append(Rule("features as they were known at the time", same, archived, limit))
    return tuple(rules)


def _calibrated(found: Evidence, limits: Limits) -> list[Rule]:
    """Refused where the interval lies wholly outside the limits; of bands that is a warning."""
    months = f" on {found.calibration_dates} month(s)"
    rules = [
        _within("observed over expected", found.observed_over_expected, (limits.min_oe, limits.max_oe), months),
        _within("calibration slope", found.slope, (limits.min_slope, limits.max_slope), months),
    ]
    for band, bads, ratio in found.by_band:
        name = f"observed over expected, band {band}"
        rules.append(_within(name, ratio, (limits.min_oe, limits.max_oe), f", {bads:,} bad", blocks=False))
    return rules


def _within(
    name: str, figure: Interval | None, limits: tuple[float, float], basis: str, *, blocks: bool = True
) -> Rule:
    low, high = limits
    asked = f"interval not wholly outside {low:g} to {high:g}"
    if figure is None:
        return Rule(name, False, "not measured: no month it did not learn from has both bads and goods", asked, blocks)
    passed = figure.high >= low and figure.low <= high
    shown = f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f}){basis}"
    if passed and figure.holds(1.0) and (figure.holds(low) or figure.holds(high)):
        shown += "; cannot tell: it holds both 1 and a limit"
    return Rule(name, passed, shown, asked, blocks)


def _no_worse(auc: Difference, bad_borrowers: int, max_loss: float) -> Rule:
    """Non-inferiority; where the interval is wider than the loss allowed, a model is refused that is surely worse."""
    name, shown = "no worse in AUC", _interval(auc)
    if (auc.high - auc.low) / 2 <= max_loss:
        return Rule(name, auc.low > -max_loss, shown, f"low end above {-max_loss:g}")
    if auc.low > -max_loss:
        return Rule(name, True, shown, f"low end above {-max_loss:g}")
    told = f"{shown}; {bad_borrowers:,} bad borrowers cannot tell a loss of {max_loss:g}"
    return Rule(name, auc.high > 0 and auc.difference > -max_loss, told, f"not below {-max_loss:g}, nor surely below 0")


def _interval(figure: Difference) -> str:
    return f"{signed(figure.difference, 4)} ({signed(figure.low, 4)} to {signed(figure.high, 4)})"


def _all(had: int, asked: int) -> str:
    return f": all there are, {asked:,} would be asked" if had < asked else ""


def _of(borrowers: int) -> str:
    return f"0 of at least {borrowers:,}"


def _fairness(found: Evidence, limits: Limits) -> list[Rule]:
    ratio, least = found.selection_ratio, limits.min_selection_ratio
    gap, most = found.true_positive_gap, limits.max_true_positive_gap
    blocks_ratio, blocks_gap = least is not None, most is not None
    least, most = (MIN_SELECTION_RATIO if least is None else least), (MAX_TRUE_POSITIVE_GAP if most is None else most)
    return [
        Rule(
            "selection ratio", ratio is not None and ratio >= least, _shown(ratio), f"at least {least:g}", blocks_ratio
        ),
        Rule("true positive gap", gap is not None and gap <= most, _shown(gap), f"at most {most:g}", blocks_gap),
    ]


def _at_most(name: str, figure: float | None, limit: float | None) -> list[Rule]:
    if limit is None:
        return []
    return [Rule(name, figure is not None and figure <= limit, _shown(figure), f"at most {limit:g}")]


def _shown(figure: float | None) -> str:
    return "not measured" if figure is None else f"{figure:.4f}"
