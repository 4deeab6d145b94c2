"""Missing values that several features share: the words for what was not observed, and their reason code."""

from __future__ import annotations

from risk_warning.core.features.declare import span
from risk_warning.core.features.phrase import Missing


def none_due(months: int) -> Missing:
    """Return the words for a window in which no instalment fell due."""
    return Missing(f"No instalment fell due in {span(months)}", f"近{months}个月没有到期的分期", "no_instalment_due")


def not_due_in_both(recent: int, past: int) -> Missing:
    """Return the words for a missing difference: no instalment fell due in a window or the one before it."""
    return Missing(
        f"Instalments did not fall due both in {span(recent)} and in the {past} before",
        f"近{recent}个月与此前{past}个月并非都有到期的分期",
        "nothing_to_compare",
    )


def no_statement(en_with: str, zh_with: str, months: int) -> Missing:
    """Return the words for data that no statement shows: no card with us, or no statement of it has the data."""
    return Missing(
        f"No card or account statement with {en_with} in {span(months)}",
        f"近{months}个月没有列明{zh_with}的信用卡或账户账单",
        "card_unknown",
    )


def not_on_both(en_what: str, zh_what: str, recent: int, past: int) -> Missing:
    """Return the words for a missing difference: the statements of a window or the one before it lack the data."""
    return Missing(
        f"No {en_what} on statements both in {span(recent)} and in the {past} before",
        f"近{recent}个月与此前{past}个月的账单并非都列明{zh_what}",
        "card_unknown",
    )
