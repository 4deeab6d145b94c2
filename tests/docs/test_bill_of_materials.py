"""The bill of materials lists every package of the lock with its version."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_bill_has_every_package_of_the_lock(tmp_path: Path) -> None:
    recipe = re.search(r"^sbom:.*\n\t\$\(BIN\)/(.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    program, *options = recipe[1].replace("sbom.cdx.json", str(tmp_path / "sbom.json")).split()
    subprocess.run([str(Path(sys.executable).parent / program), *options], cwd=ROOT, check=True, capture_output=True)
    bill = json.loads((tmp_path / "sbom.json").read_text())
    listed = {(one["name"], one["version"]) for one in bill["components"]}
    locked = set(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert bill["bomFormat"] == "CycloneDX" and listed == locked and len(locked) > 100
