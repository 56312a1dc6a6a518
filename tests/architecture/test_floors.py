"""The rooms know the rooms under them and none above; the check itself is shown to catch a violation."""

import shutil
import subprocess
import sys
from pathlib import Path

from app.core.paths import ROOT


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    return subprocess.run(
        [*command, "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_room_knows_only_the_rooms_under_it():
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout


def copy_of_the_house(tmp_path: Path) -> Path:
    for package in ("app", "workers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_an_import_up_the_stairs_is_caught(tmp_path: Path):
    house = copy_of_the_house(tmp_path)
    (house / "app/projects/planted.py").write_text("from app.donations import models\n\nmodels\n")
    checked = lint_imports(house)
    assert checked.returncode != 0
    assert "app.projects.planted -> app.donations.models" in checked.stdout


def test_a_room_that_imports_flask_is_caught(tmp_path: Path):
    house = copy_of_the_house(tmp_path)
    (house / "app/credit/planted.py").write_text("from flask import request\n\nrequest\n")
    checked = lint_imports(house)
    assert checked.returncode != 0
    assert "app.credit.planted -> flask" in checked.stdout
