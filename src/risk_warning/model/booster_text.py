"""The text of a booster, checked before LightGBM reads it: LightGBM trusts it, and ends the process or loops otherwise.

The format is LightGBM's own, version 4: a header, the trees, and what training left for people to read. The check
covers what LightGBM acts on: sizes and offsets, the shape of every tree, the range of features, and all numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

MOST_CHARACTERS = 100_000_000
MOST_LEAVES = 256
_HEADER = {
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "feature_names",
    "monotone_constraints",
    "feature_infos",
    "tree_sizes",
}
_SPLIT_INTEGERS = ("split_feature", "decision_type", "left_child", "right_child", "internal_count")
_SPLIT_NUMBERS = ("split_gain", "internal_value", "internal_weight")
_TREE = {
    "num_leaves",
    "num_cat",
    *_SPLIT_INTEGERS,
    *_SPLIT_NUMBERS,
    "threshold",
    "leaf_value",
    "leaf_weight",
    "leaf_count",
    "is_linear",
    "shrinkage",
}
_NUMERIC_SPLITS = (8, 10)
"""`decision_type` of a split on a number that knows empty values: without or with them on the left."""
_NOT_FINITE = "a number is not finite"
_REST = re.compile(
    r"end of trees\n\nfeature_importances:\n(?:[^\n]+=[0-9]+\n)*\nparameters:\n(?:\[[^\n]*\]\n)*\n?"
    r"end of parameters\n\npandas_categorical:(?:null|\[\])\n?"
)


def fault_of(text: str, feature_names: tuple[str, ...]) -> str | None:
    """Return what is wrong with the text of a booster over these features; None if LightGBM may read it."""
    if len(text) > MOST_CHARACTERS:
        return f"it has more than {MOST_CHARACTERS:,} characters"
    header, found, trees = text.partition("\n\nTree=0\n")
    if not found:
        return "it has no trees"
    trees = f"Tree=0\n{trees}"
    try:
        fields = _fields(header, _HEADER, first="tree")
        sizes = _integers(fields["tree_sizes"])
        if (fault := _header_fault(fields, feature_names)) is not None:
            return fault
        # LightGBM jumps by these sizes, in bytes.
        content, start = trees.encode(), 0
        for number, size in enumerate(sizes.tolist()):
            block = content[start : start + size].decode()
            if size <= 0 or not block.startswith(f"Tree={number}\n") or not block.endswith("\n\n"):
                return f"the size of tree {number} is not the one that the header states"
            if (fault := _tree_fault(_fields(block, _TREE, first=f"Tree={number}"), len(feature_names))) is not None:
                return f"tree {number}: {fault}"
            start += size
        rest = content[start:].decode()
    except (KeyError, ValueError, OverflowError) as error:
        return str(error.args[0]) if isinstance(error, _FaultError) else "a value is missing or not a number"
    return None if _REST.fullmatch(rest) else "something else than LightGBM writes follows the trees"


class _FaultError(ValueError):
    """A fault in words."""


def _fields(block: str, known: set[str], *, first: str) -> Mapping[str, str]:
    """Return name → value of a block of lines `name=value`."""
    lines = block.strip("\n").split("\n")
    if lines[0] != first:
        raise _FaultError(f"a part does not begin with {first}")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, is_field, value = line.partition("=")
        if not is_field or name not in known or name in fields:
            raise _FaultError("a line is not one of those that LightGBM writes")
        fields[name] = value
    return fields


def _header_fault(fields: Mapping[str, str], feature_names: tuple[str, ...]) -> str | None:
    expected = {
        "version": "v4",
        "num_class": "1",
        "num_tree_per_iteration": "1",
        "max_feature_idx": str(len(feature_names) - 1),
        "feature_names": " ".join(feature_names),
    }
    for name, value in expected.items():
        if fields[name] != value:
            return f"its {name} is another than model.json says"
    if not re.fullmatch(r"binary sigmoid:[0-9.]+", fields["objective"]):
        return "its objective is not that of a probability"
    return None if len(fields["feature_infos"].split(" ")) == len(feature_names) else "its feature_infos are incomplete"


def _tree_fault(fields: Mapping[str, str], features: int) -> str | None:
    """Return what is wrong with a tree; a child is a later split, or −1 − the number of a leaf."""
    leaves = int(fields["num_leaves"])
    if not 1 <= leaves <= MOST_LEAVES:
        return f"it has {leaves} leaves, and may have 1 to {MOST_LEAVES}"
    if fields["num_cat"] != "0" or fields["is_linear"] != "0":
        return "it has splits on categories or linear leaves"
    splits = leaves - 1
    integers = {name: _integers(fields[name]) for name in _SPLIT_INTEGERS}
    of_splits = [*integers.values(), *(_numbers(fields[name]) for name in _SPLIT_NUMBERS)]
    # A split that only sets empty values apart has an infinite threshold.
    thresholds = np.array(fields["threshold"].split(), np.float64)
    if not np.all(thresholds > -np.inf):
        raise _FaultError(_NOT_FINITE)
    of_leaves = [_numbers(fields["leaf_value"])]
    if splits:  # a single leaf has no weight
        of_leaves += [_numbers(fields["leaf_weight"]), _numbers(fields["leaf_count"])]
    if any(len(v) != splits for v in (*of_splits, thresholds)) or any(len(v) != leaves for v in of_leaves):
        return "a list does not have one value per split or leaf"
    if len(_numbers(fields["shrinkage"])) != 1:
        return "it does not have one shrinkage"
    chosen, children = integers["split_feature"], np.stack((integers["left_child"], integers["right_child"]))
    if np.any((chosen < 0) | (chosen >= features)):
        return "a split is on a feature that there is not"
    if not np.isin(integers["decision_type"], _NUMERIC_SPLITS).all():
        return "a split is on categories, or does not set empty values apart"
    # So no path comes back to where it was.
    if np.any((children >= 0) & (children <= np.arange(splits))) or np.any((children < -leaves) | (children >= splits)):
        return "a split has a child before it or out of range"
    if splits and not np.array_equal(np.sort(children, axis=None), [*range(-leaves, 0), *range(1, splits)]):
        return "a split or a leaf has two parents or none"
    return None


def _integers(text: str) -> NDArray[np.int64]:
    return np.array(text.split(), np.int64)


def _numbers(text: str) -> NDArray[np.float64]:
    """Return the numbers of a list; raise `ValueError` if one is not finite."""
    numbers = np.array(text.split(), np.float64)
    if not np.isfinite(numbers).all():
        raise _FaultError(_NOT_FINITE)
    return numbers
