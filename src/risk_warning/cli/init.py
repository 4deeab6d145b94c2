"""`risk-warning init`: a project folder for one lender."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_SETTINGS = """# Settings of risk_warning; every one is listed in the documentation under Settings.
[book]
location = "book.toml"
# time_zone = "Asia/Shanghai"
# minor_unit_decimals = 2
"""
_IGNORED = """# Borrowers' data and everything a run leaves stay out of version control.
/export/
/nights/
/book/
/.risk_warning/
*.duckdb
"""
_README = """# Early warning of overdue payments

The next five commands, in this folder; `export/` holds the lender's own tables:

```sh
risk-warning map export              # recognise the export, write book.toml: read it, correct it
risk-warning check                   # what the book holds, and what is questionable
risk-warning train                   # learn from it, judge the model, register it
risk-warning promote 1 --by NAME --reason "first model"   # make it the champion, if the gate lets it
risk-warning score --as-of $(date +%F) --out nights       # tonight's scores and watch list
```

- `risk_warning.toml` has the settings, `book.toml` how the export becomes a book, `policy.toml` the safety threshold
  (`risk-warning threshold --choose …` writes it).
- Exit code 19 means that the export raises a question: answer it in `book.toml`, then run again.
"""


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; must not exist or be empty.")],
) -> None:
    """Make a project folder for one lender: settings, what to keep out of version control, and the next commands."""
    from risk_warning.errors import OutputError
    from risk_warning.output import whole_folder

    with whole_folder(folder, "DIR") as made:
        (made / "export").mkdir()
        for name, text in (("risk_warning.toml", _SETTINGS), (".gitignore", _IGNORED), ("README.md", _README)):
            try:
                (made / name).write_text(text, encoding="utf-8")
            except OSError:
                raise OutputError(f"{made / name} cannot be written; free the folder or name another.") from None
    print(f"{folder} made; next: put the tables into {folder / 'export'}, then: cd {folder} && risk-warning map export")
