"""Engines for a benchmark: started in a temporary home, gone with it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import OperationalError

from app.core import migrate, runtime
from app.core.settings import Settings
from app.embedded.environment import environment
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home

START_SECONDS = 60


@contextmanager
def engines() -> Iterator[Settings]:
    """Real engines with durable writes and a migrated database, which this process is connected to."""
    with tempfile.TemporaryDirectory(prefix="kindrelay-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's own user must get in when this runs as root
        home = Home(Path(folder) / "home")
        command = [sys.executable, "-m", "app.cli", "up", "--engines-only", "--home", str(home.path)]
        host = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            variables = _when_up(home, host)
            os.environ.update(variables)
            settings = Settings(
                **{name.removeprefix("KINDRELAY_").lower(): value for name, value in variables.items()}
            )
            migrate.upgrade(settings.database_url)
            runtime.start(settings).dispose()
            yield settings
        finally:
            host.send_signal(signal.SIGTERM)
            host.wait()


def _when_up(home: Home, host: subprocess.Popen[bytes]) -> dict[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while host.poll() is None and time.monotonic() < deadline:
        try:
            variables = environment(home)
            migrate.engine_for(variables["KINDRELAY_DATABASE_URL"]).connect().close()
        except (EmbeddedError, OperationalError):
            time.sleep(0.2)
            continue
        return variables
    raise SystemExit("the engines did not start")
