"""Why a folder is no plain book: what its files look like, in the words of the recognition."""

from __future__ import annotations

from pathlib import Path

from risk_warning.book.sources.export import FilesExport
from risk_warning.errors import BookError, BookQualityError, QuestionError
from risk_warning.settings import BookSettings

_MOST = 4


def explained(
    error: BookError | BookQualityError | QuestionError, location: str | Path, settings: BookSettings
) -> BookError | BookQualityError | QuestionError:
    """Return the refusal of a folder as the question that a mapping answers; the error itself if none would.

    Only rows that look different from what a plain book holds are worth a question: a damaged file is refused.
    """
    # Only a refusal needs the recognition; with scipy's optimiser, importing it takes most of a second.
    from risk_warning.book.recognition.tables import propose
    from risk_warning.book.staged import staging_connection

    folder = Path(location).expanduser()
    if not folder.is_dir():
        return error
    with staging_connection(settings) as con:
        try:
            proposal = propose(con, FilesExport(folder), str(folder))
        except BookError as other:
            return other if "--encoding" in str(other) else error
    unlike = [(one.table, one.column, one.text) for one in proposal.evidence if not one.is_plain]
    unlike += [(one.table, one.column, one.text) for one in proposal.questions if one.choices]
    seen = [f"{table}{f'.{column}' if column else ''}: {text.rstrip('.?')}" for table, column, text in unlike]
    if not seen:
        return error
    more = f"; and {len(seen) - _MOST} more" if len(seen) > _MOST else ""
    return QuestionError(
        f"{str(error).rstrip('.')}. Did you mean this? {'; '.join(seen[:_MOST])}{more}. Run risk-warning map {folder} "
        "to read it so.",
        error.questions if isinstance(error, QuestionError) else None,
    )
