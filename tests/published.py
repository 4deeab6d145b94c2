"""UCI's card data, which two kinds of tests read."""

from __future__ import annotations

from pathlib import Path

import pytest

UCI_DATA = Path(__file__).parents[1].parent / "shared" / "data" / "uci_credit_card.csv.gz"
# We may not commit the data set; `import uci-credit-card` fetches it where the network allows.
needs_uci_data = pytest.mark.skipif(
    not UCI_DATA.exists(), reason="UCI's data set may not be committed, and there is no copy beside this checkout"
)
