"""Pages that MkDocs makes from the code: the command line, the exit codes and the settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.cli
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from risk_warning.cli.main import app
from risk_warning.errors import exit_codes
from risk_warning.settings import Settings


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages; MkDocs calls this hook."""
    for name, text in (("cli.md", command_line()), ("exit-codes.md", exits()), ("settings.md", settings())):
        files.append(File.generated(config, name, content=text))
    return files


def command_line() -> str:
    """Return every verb with its arguments and options, in the order of `--help`."""
    command = typer.main.get_command(app)
    command.epilog = None
    context = typer.Context(command, info_name="risk-warning")
    text = typer.cli.get_docs_for_click(obj=command, ctx=context, name="risk-warning")
    lead = (
        "# Command line\n\nThe verbs in the order of a first day. An option has the same meaning for every verb. See "
        "[Exit codes](exit-codes.md) for the codes that a verb may end with."
    )
    return text.replace("# `risk-warning`", lead, 1)


def exits() -> str:
    """Return the table of exit codes."""
    rows = [(0, "success"), (2, "a wrong command line"), *exit_codes().items()]
    lines = ["# Exit codes", "", "An error is one sentence on standard error, without a traceback.", ""]
    lines += ["| code | meaning |", "| ---: | --- |", *(f"| {code} | {meaning} |" for code, meaning in rows)]
    return "\n".join(lines) + "\n"


def settings() -> str:
    """Return every setting with its default, environment variable and meaning."""
    lines = [
        "# Settings",
        "",
        "Settings are in `risk_warning.toml` in the working directory, or in the file that `RISK_WARNING_SETTINGS` "
        "names. An environment variable wins over the file. A section is set value by value.",
    ]
    for section, fields in _sections():
        lines += ["", f"## {f'[{section}]' if section else 'At the top'}", ""]
        lines += ["| setting | default | environment variable | meaning |", "| --- | --- | --- | --- |"]
        for name, field in fields.items():
            path = f"{section}.{name}" if section else name
            variable = f"RISK_WARNING_{path.replace('.', '__').upper()}"
            lines.append(f"| `{path}` | {_default(field)} | `{variable}` | {field.description} |")
    return "\n".join(lines) + "\n"


def _sections() -> Iterator[tuple[str, dict[str, FieldInfo]]]:
    nested = {name: f.annotation for name, f in Settings.model_fields.items() if _is_section(f.annotation)}
    yield "", {name: field for name, field in Settings.model_fields.items() if name not in nested}
    for name, kind in nested.items():
        assert isinstance(kind, type) and issubclass(kind, BaseModel)
        yield name, dict(kind.model_fields)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "computed" if field.annotation is int else "none"
    value = field.default
    return "none" if value is None or value in ((), {}) else f"`{value}`"
