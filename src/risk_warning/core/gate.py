"""The gate: the rules a model has to meet before it takes the champion's place, each with its figure and its limit."""

from __future__ import annotations

from dataclasses import dataclass

from risk_warning.core.comparison import signed
from risk_warning.core.delong import Difference

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
    max_ece: float | None = 0.02
    max_score_psi: float | None = 0.25
    """Of its scores since the last date from which both models had learnt."""
    min_selection_ratio: float | None = None
    """Smallest share warned about over the largest, of the groups of any protected attribute."""
    max_true_positive_gap: float | None = None
    parity_borrowers: int = 200
    """Borrowers scored alone, who must get the number of the whole book."""
    archived_borrowers: int = 1_000
    """Borrowers whose features of a night must be those the training set has of that date; 0: the rule is not asked."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of the model that would take over; None: not measured."""

    auc: Difference | None
    """None where there is no champion to be compared with."""
    ece: float | None = None
    score_psi: float | None = None
    selection_ratio: float | None = None
    true_positive_gap: float | None = None
    violations: int
    """Features whose direction the trees move against."""
    parity_compared: int
    parity_differing: int
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

    @property
    def outcome(self) -> str:
        """What became of it in a word."""
        return "met" if self.passed else "NOT MET" if self.blocks else "warning"


def judge(found: Evidence, limits: Limits) -> tuple[Rule, ...]:
    """Every rule that is asked; one whose figure was not measured has not passed."""
    rules = []
    if found.auc is not None:
        auc = found.auc
        shown = f"{signed(auc.difference, 4)} ({signed(auc.low, 4)} to {signed(auc.high, 4)})"
        rules.append(
            Rule("no worse in AUC", auc.low > -limits.max_auc_loss, shown, f"low end above {-limits.max_auc_loss:g}")
        )
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
    alone = f"{found.parity_differing} of {found.parity_compared} differ"
    enough = found.parity_compared >= limits.parity_borrowers
    rules.append(
        Rule("alone as in the whole book", enough and not found.parity_differing, alone, _of(limits.parity_borrowers))
    )
    if limits.archived_borrowers:
        archived = (
            "no archive of a night was given"
            if found.archived_compared is None
            else f"{found.archived_differing} of {found.archived_compared} differ"
        )
        seen = found.archived_compared is not None and found.archived_compared >= limits.archived_borrowers
        same = seen and not found.archived_differing
        rules.append(Rule("features as they were known at the time", same, archived, _of(limits.archived_borrowers)))
    return tuple(rules)


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
