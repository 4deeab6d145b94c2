"""Files in an object store, such as `s3://bucket/exports/2024-03`, through the file systems that come with Arrow.

The files are copied to a temporary folder and read from there, as often as recognition and staging need them. Keys come
from the environment, as the tools of the store take them (`AWS_ACCESS_KEY_ID`, `GOOGLE_APPLICATION_CREDENTIALS`, …).
"""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pyarrow
from pyarrow import fs

from risk_warning.book.sources import files
from risk_warning.book.sources.export import FilesExport
from risk_warning.errors import BookError


class StoredFilesExport(FilesExport):
    """A folder of an object store, copied when it is opened; `close` removes the copy.

    Raises
    ------
    BookError
        The address is none that Arrow knows, has a key in it, or cannot be read.
    """

    def __init__(self, address: str) -> None:
        name = address.partition("?")[0]
        if "@" in urlsplit(address).netloc and not address.startswith("abfs"):
            raise BookError(
                f"{name.partition('://')[0]}://… has a key in it; a mapping is no place for keys. Put it into the "
                "environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            )
        self._copy = tempfile.TemporaryDirectory(prefix="risk-warning-")
        try:
            _copy(address, Path(self._copy.name))
        except (OSError, pyarrow.ArrowException) as error:
            self._copy.cleanup()
            why = str(error).splitlines()[0].partition(" (Request ID")[0].rstrip(".")
            raise BookError(
                f"{name} cannot be read: {why}. Check the address, and the store's keys in the environment."
            ) from None
        super().__init__(Path(self._copy.name))
        self.name = name

    def close(self) -> None:
        self._copy.cleanup()


def _copy(address: str, folder: Path) -> None:
    """Copy the files that can be read, under the names they have below the address."""
    store, root = fs.FileSystem.from_uri(address)
    for info in store.get_file_info(fs.FileSelector(root, recursive=True)):
        name = PurePosixPath(info.path).relative_to(root)
        if info.is_file and files.is_readable(Path(name)):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            fs.copy_files(info.path, str(target), source_filesystem=store)
