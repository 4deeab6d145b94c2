"""Altered model folders: none loads, none ends the process, whatever digests were computed anew."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from bodies import Json

from risk_warning.core.digest import canonical_json, sha256
from risk_warning.errors import ModelError, OutputError, SettingsError
from risk_warning.model.folder import load, save
from risk_warning.model.signature import SIGNATURE, make_keys, sign

DEMO = Path(__file__).parents[2] / "models" / "demo"
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the demo's model that a test may alter."""
    return shutil.copytree(DEMO, tmp_path / "model")


def rewrite(folder: Path, change: Callable[[Json], object], booster: Callable[[str], str] = str) -> None:
    """Change content and booster as somebody would who knows the program: with all digests and the version anew."""
    text = booster((folder / "model.txt").read_text(encoding="utf-8"))
    (folder / "model.txt").write_text(text, encoding="utf-8")
    content = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    content.pop("sha256")
    content["files"] = {name: sha256((folder / name).read_bytes()) for name in content["files"]}
    unnamed = {name: part for name, part in content.items() if name != "files"} | {"version": ""}
    content["version"] = f"rw-20261127-{sha256(canonical_json(unnamed) + text)[:8]}"
    change(content)
    content |= {"sha256": sha256(canonical_json(content))} if "sha256" not in content else {}
    (folder / "model.json").write_text(json.dumps(content), encoding="utf-8")


def put(*path: str, value: object) -> Callable[[Json], object]:
    """Return a change that sets a value."""

    def change(content: Json) -> None:
        part = content
        for name in path[:-1]:
            part = part[name]
        part[path[-1]] = value

    return change


CONTENTS = {
    "no files listed": put("files", value={}),
    "the card not listed": lambda c: c["files"].pop("MODEL_CARD.md"),
    "a file elsewhere": put("files", "../model.txt", value="0" * 64),
    "no digest": put("sha256", value=""),
    "another format": put("format", value=99),
    "a path as version": put("version", value="../../../tmp/model"),
    "another version": put("version", value="rw-20261127-00000000"),
    "a slope that is no number": put("calibration", "slope", value=float("nan")),
    "a slope without end": put("calibration", "slope", value=float("inf")),
    "no slope": put("calibration", "slope", value=0.0),
    "a slope that turns safe into risky": put("calibration", "slope", value=-1.0),
    "a slope as text": put("calibration", "slope", value="1"),
    "an intercept that is no number": put("calibration", "intercept", value=float("nan")),
    "a scale without points": put("scorecard", "pdo", value=0.0),
    "a scale turned round": put("scorecard", "pdo", value=-20.0),
    "odds that are none": put("scorecard", "base_odds_good_bad", value=-50.0),
    "a threshold that is no number": put("policy", "threshold", value=float("nan")),
    "a threshold above the yellow band": put("policy", "threshold", value=10_000.0),
    "an unknown value of the policy": put("policy", "mercy", value=1),
    "an unknown section": put("hook", value="os.system"),
    "windows that fall": put("horizons", "months", value=[6, 3, 2]),
    "a window without a link": put("horizons", "links", value=[None, None, None]),
    "an action horizon of no window": put("horizons", "action_months", value=4),
    "a code above 1": put("target_codes", "region", value={"codes": {"a": 7.0}, "other": 0.1}),
    "a horizon of the past": put("target", "horizon_months", value=-1),
    "days past due as text": put("target", "bad_dpd", value="30"),
    "an unknown feature": lambda c: c["contract"]["features"].append("os.system"),
    "no feature": put("contract", "features", value=[]),
    "a feature less": lambda c: c["contract"]["features"].pop(),
    "about nothing": put("about", value={}),
}
"""What is altered → the change of `model.json`."""


def line(name: str, edit: Callable[[list[str]], list[str]], tree: int = 1) -> Callable[[str], str]:
    """Return a change of the list of one tree, with the size that the header states of the tree."""

    def change(text: str) -> str:
        start = text.index(f"\nTree={tree}\n") + 1
        end = text.index(f"Tree={tree + 1}\n")
        block = text[start:end]
        first = block.index(f"\n{name}=") + len(name) + 2
        last = block.index("\n", first)
        altered = block[:first] + " ".join(edit(block[first:last].split(" "))) + block[last:]
        sizes = text[text.index("tree_sizes=") + 11 : text.index("\n", text.index("tree_sizes="))].split(" ")
        sizes[tree] = str(len(altered))
        return header("tree_sizes", " ".join(sizes))(text[:start] + altered + text[end:])

    return change


def header(name: str, value: str) -> Callable[[str], str]:
    """Return a change of a line of the header."""

    def change(text: str) -> str:
        first = text.index(f"\n{name}=") + len(name) + 2
        return text[:first] + value + text[text.index("\n", first) :]

    return change


def at(position: int, value: str, values: list[str]) -> list[str]:
    return [*values[:position], value, *values[position:][1:]]


BOOSTERS: dict[str, Callable[[str], str]] = {
    "a leaf that is no number": line("leaf_value", partial(at, 0, "nan")),
    "a leaf without end": line("leaf_value", partial(at, 0, "inf")),
    "a threshold that is no number": line("threshold", partial(at, 0, "nan")),
    "a threshold below all": line("threshold", partial(at, 0, "-inf")),
    "a child that is its own parent": line("left_child", partial(at, 0, "0")),
    "a child before its parent": line("left_child", partial(at, 3, "1")),
    "a child out of range": line("right_child", partial(at, 0, "1000000")),
    "a leaf out of range": line("right_child", partial(at, 0, "-1000000")),
    "a leaf with two parents": line("left_child", partial(at, 5, "-1")),
    "a feature that there is not": line("split_feature", partial(at, 0, "100000")),
    "a feature below zero": line("split_feature", partial(at, 0, "-1")),
    "a billion leaves": line("num_leaves", partial(at, 0, "1000000000")),
    "a leaf more than there are": line("num_leaves", partial(at, 0, "17")),
    "no leaf": line("num_leaves", partial(at, 0, "0")),
    "a split on categories": line("decision_type", partial(at, 0, "1")),
    "category splits announced": line("num_cat", partial(at, 0, "1")),
    "linear leaves": line("is_linear", partial(at, 0, "1")),
    "a list that is too short": line("threshold", lambda values: values[:-1]),
    "a list of words": line("leaf_value", lambda values: ["many"] * len(values)),
    "a tree's size too large": header("tree_sizes", "999999999"),
    "a tree's size below zero": header("tree_sizes", "-1"),
    "no tree": lambda text: text[: text.index("Tree=0")] + text[text.index("end of trees") :],
    "two classes": header("num_class", "2"),
    "two trees a round": header("num_tree_per_iteration", "2"),
    "another objective": header("objective", "regression"),
    "other features": header("feature_names", "a b c"),
    "more features": header("max_feature_idx", "999999"),
    "averaged trees": lambda text: text.replace("tree_sizes", "average_output\ntree_sizes", 1),
    "another format": header("version", "v9"),
    "cut off": lambda text: text[: len(text) // 2],
    "more after the end": lambda text: text + "Tree=999\n",
    "nothing": lambda _: "",
    "noise": lambda _: base64.b64encode(bytes(range(256)) * 40).decode(),
}
"""What is altered → the change of `model.txt`."""


@pytest.mark.parametrize("change", CONTENTS.values(), ids=CONTENTS)
def test_a_content_that_no_model_has_is_refused(folder: Path, change: Callable[[Json], object]) -> None:
    rewrite(folder, change)
    with pytest.raises(ModelError):
        load(folder)


@pytest.mark.parametrize("change", BOOSTERS.values(), ids=BOOSTERS)
def test_a_booster_that_lightgbm_does_not_write_never_reaches_it(folder: Path, change: Callable[[str], str]) -> None:
    before = (folder / "model.txt").read_text(encoding="utf-8")
    assert change(before) != before
    rewrite(folder, lambda content: None, change)
    with pytest.raises(ModelError, match="is not a booster of this model"):
        load(folder)


@pytest.mark.parametrize("text", [DEEP, "[]", "{}", "null", "1e999", "", '{"sha256": NaN}', "\udcff"])
def test_a_content_that_is_no_json_object_is_damaged(folder: Path, text: str) -> None:
    (folder / "model.json").write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(ModelError, match="is damaged"):
        load(folder)


def test_leaves_rewritten_under_the_old_version_are_another_model(folder: Path) -> None:
    version = load(folder).version
    rewrite(folder, put("version", value=version), line("leaf_value", lambda values: ["-9.5"] * len(values)))
    with pytest.raises(ModelError, match=f"holds another model than {version}"):
        load(folder)


def test_only_a_signature_says_who_made_a_model_that_is_whole(folder: Path, tmp_path: Path) -> None:
    ours, theirs = (make_keys(tmp_path / name) for name in ("ours", "theirs"))
    rewrite(folder, lambda content: None, line("leaf_value", lambda values: ["-9.5"] * len(values)))
    load(folder)  # whole, with a version of its own
    with pytest.raises(ModelError, match="is not signed"):
        load(folder, [ours])
    sign(folder, tmp_path / "theirs")
    with pytest.raises(ModelError, match="with none of signing"):
        load(folder, [ours])
    assert load(folder, [ours, theirs]).version != load(DEMO).version


def test_a_model_is_saved_signed_with_its_twin(tmp_path: Path) -> None:
    public = make_keys(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    save(load(DEMO), tmp_path / "model", tmp_path / "key")
    assert load(tmp_path / "model", [public]).version == load(DEMO).version


ALTERED: dict[str, Callable[[Path], object]] = {
    "another card": lambda folder: (folder / "MODEL_CARD.md").write_text("fine"),
    "another twin": lambda folder: (folder / "judged" / "MODEL_CARD.md").write_text("fine"),
    "a file more": lambda folder: (folder / "more.txt").write_text(""),
    "a file less": lambda folder: (folder / "judged" / "MODEL_CARD.md").unlink(),
    "a signature of nothing": lambda folder: (folder / SIGNATURE).write_text("{}"),
    "a signature that is no JSON": lambda folder: (folder / SIGNATURE).write_text(DEEP),
    "an endless signature": lambda folder: (folder / SIGNATURE).write_text(" " * 2_000_000),
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_a_signed_folder_is_refused_once_a_file_of_it_changes(
    folder: Path, tmp_path: Path, alter: Callable[[Path], object]
) -> None:
    public = make_keys(tmp_path / "key")
    sign(folder, tmp_path / "key")
    load(folder, [public])
    alter(folder)
    with pytest.raises(ModelError):
        load(folder, [public])


@pytest.mark.parametrize("member", ["payloadType", "payload", "signatures"])
def test_no_part_of_an_envelope_can_be_exchanged(folder: Path, tmp_path: Path, member: str) -> None:
    public = make_keys(tmp_path / "key")
    sign(folder, tmp_path / "key")
    envelope = json.loads((folder / SIGNATURE).read_text())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    other = {
        "payloadType": "text/plain",
        "payload": base64.b64encode(json.dumps({**statement, "more": 1}).encode()).decode(),
        "signatures": [],
    }
    (folder / SIGNATURE).write_text(json.dumps({**envelope, member: other[member]}))
    with pytest.raises(ModelError, match="signed with none of"):
        load(folder, [public])


def test_keys_that_are_none_are_named(folder: Path, tmp_path: Path) -> None:
    public = make_keys(tmp_path / "key")
    with pytest.raises(OutputError, match="cannot be written"):
        make_keys(tmp_path / "key")
    with pytest.raises(SettingsError, match="is no private key"):
        sign(folder, public)
    sign(folder, tmp_path / "key")
    for wrong in (tmp_path / "key", tmp_path / "nothing", folder / "model.txt"):
        with pytest.raises(SettingsError, match="is no public key"):
            load(folder, [wrong])
