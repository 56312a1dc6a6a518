"""The main job on `kindrelay up`; and a gift on engines that the environment names."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.db import unit_of_work
from app.core.paths import ROOT
from app.core.settings import Settings
from app.embedded.environment import environment
from app.embedded.home import Home
from app.embedded.ports import choose
from app.finance import books as proof
from tests import factories
from tests.browser import books, main_job
from tests.browser.conftest import Person
from tests.clips import Clips
from tests.engines import own_environment, variables_of
from tests.site import site

START_SECONDS = 90


@contextmanager
def up(home: Path, port: int) -> Iterator[Mapping[str, str]]:
    """`kindrelay up` on an empty home, as a person would start it; gives the variables of its children."""
    command = [sys.executable, "-m", "app.cli", "up", "--home", str(home), "--port", str(port)]
    clean = own_environment()
    clean["KINDRELAY_TRANSCODE_PRESET"] = "ultrafast"  # the only thing that is not as it comes
    with (home.parent / "up.log").open("w+b") as log:
        running = subprocess.Popen(command, cwd=ROOT, env=clean, stdout=log, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + START_SECONDS
            while b"Ctrl-C" not in (home.parent / "up.log").read_bytes():
                assert running.poll() is None, (home.parent / "up.log").read_text()
                assert time.monotonic() < deadline, (home.parent / "up.log").read_text()
                time.sleep(0.1)
            yield environment(Home(home))
        finally:
            running.terminate()
            running.wait(120)


def make_admin_with(variables: Mapping[str, str], email: str) -> None:
    command = [sys.executable, "-m", "app.cli", "admin", email]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=True, capture_output=True)


def test_the_main_job_on_one_command(tmp_path_factory: pytest.TempPathFactory, person: Person, clips: Clips):
    folder = tmp_path_factory.mktemp("up")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # PostgreSQL's own user must get in when the tests run as root
    port = choose(["web"], {})["web"]
    with up(folder / "home", port) as variables:
        address = f"http://127.0.0.1:{port}"
        outcome = main_job.do(
            main_job.Site(address, lambda email: make_admin_with(variables, email)), person, clips
        )
        books.prove(variables["KINDRELAY_DATABASE_URL"], outcome)


def test_a_gift_arrives_on_engines_named_by_the_environment(
    live_database: Settings, person: Person, logs: Path
):
    port = choose(["web"], {})["web"]
    address = f"http://127.0.0.1:{port}"
    variables = {
        **variables_of(live_database),
        "KINDRELAY_ENVIRONMENT": "staging",
        "KINDRELAY_BASE_URL": address,
        "KINDRELAY_SECRET_KEY": "a secret of this test and of no other place",
        "KINDRELAY_SANDBOX_SECRET": "another secret of this test, also long",
    }
    with unit_of_work() as session:
        project = factories.project(session)
        email = factories.person(session).email
    with site(variables, port, logs):
        here = main_job.Site(address, lambda email: make_admin_with(variables, email))
        here.make_admin(email)
        main_job.give_on_plain_page(here, person().new_page(), f"/p/{project.code}/donate", "12.34")
    with unit_of_work() as session:
        [account] = proof.check(session).accounts
    assert account.agrees
    assert account.reports.gross == 1234
