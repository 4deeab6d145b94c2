"""`risk-warning sign`: who made a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from risk_warning.settings import load_settings


def sign(
    model: Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="The model folder to sign.")] = None,
    new_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make a private key, and FILE.pub with the public one.")
    ] = None,
) -> None:
    """Sign a model folder with the key of signing.key_file, or make such a key.

    `train` signs by itself where the key is set. A service and a night with signing.trusted_keys load signed models
    alone.
    """
    from risk_warning.errors import SettingsError
    from risk_warning.model.folder import load
    from risk_warning.model.signature import SIGNATURE, make_keys
    from risk_warning.model.signature import sign as signed

    if (model is None) == (new_key is None):
        raise typer.BadParameter("give either a FOLDER or --new-key FILE")
    if new_key is not None:
        public = make_keys(new_key)
        print(f"{new_key} signs: name it in signing.key_file. Copy {public} and name it in signing.trusted_keys.")
    if model is not None:
        key_file = load_settings().signing.key_file
        if key_file is None:
            raise SettingsError("Set signing.key_file, or make a key first: risk-warning sign --new-key FILE.")
        version = load(model).version
        signed(model, key_file)
        print(f"{model / SIGNATURE} signs {version}.")
