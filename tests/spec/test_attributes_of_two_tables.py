"""Attributes of the same name in two tables are two features, and each is read from its own table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from risk_warning.book import open_book
from risk_warning.core import features
from risk_warning.core.features import attributes_of, matrix
from risk_warning.core.panel.builder import panel_of
from risk_warning.settings import BookSettings

BORROWERS = "borrower_id,onboarded_on,x_seg,x_rate\n1,2023-01-01,north,5\n2,2023-01-01,south,7\n"
LOANS = "loan_id,borrower_id,opened_on,x_seg,x_rate\n10,1,2023-01-05,retail,50\n20,2,2023-01-05,online,70\n"
STATEMENTS = "loan_id,statement_on,balance,days_past_due,x_note\n" + "".join(
    f"{loan},2023-{month:02d}-28,100,0,{'A B' if month % 2 else 'A_B'}\n" for loan in (10, 20) for month in range(2, 12)
)


def test_they_have_names_of_their_own_and_the_values_of_their_tables(tmp_path: Path) -> None:
    for name, text in (("borrowers", BORROWERS), ("loans", LOANS), ("statements", STATEMENTS)):
        (tmp_path / f"{name}.csv").write_text(text)
    with open_book(tmp_path, BookSettings()) as book:
        chosen = features.supported(book.observed, frozenset())
        rows = book.rows(0, book.n_borrowers)
        x = matrix(panel_of(book.history(rows, 0.01), date(2023, 12, 1)), chosen).T
        categories = dict(book.categories)
    names = [feature.name for feature in chosen]
    assert len(set(names)) == len(names)
    own = {name: x[:, k].tolist() for k, name in enumerate(names) if "x_rate" in name}
    assert own == {"borrower_x_rate": [5.0, 7.0], "loan_x_rate": [50.0, 70.0]}
    for table, values in (("borrowers", ["north", "south"]), ("loans", ["retail", "online"])):
        feature = next(feature for feature in chosen if feature.name == f"{table}_x_seg")
        assert attributes_of(feature) == (f"{table}.x_seg",)
        codes = x[:, names.index(feature.name)].astype(int)
        assert np.array(categories[f"{table}.x_seg"])[codes].tolist() == values
    assert sum(name.startswith("x_note=A_B_months_3m") for name in names) == 2
