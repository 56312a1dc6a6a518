"""A place where everything that transcoding leans on can be broken: store, Valkey, disk, tools, workers."""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from redis.exceptions import RedisError
from sqlalchemy import func, select, update

from app.core.db import unit_of_work
from app.core.models import Task
from app.core.settings import Settings
from app.embedded import seaweedfs
from app.gateways.s3 import open_store
from app.videos.models import Transcode, Video
from tests import factories
from tests.engines import variables_of
from tests.families import family, tell
from tests.faults.engines import Gate, Store, Valkey
from tests.sending import sent
from tests.site import Processes
from tests.stored import keys_of
from tests.waits import eventually
from workers import sweep

MIB = 1 << 20
DISK_BYTES = 48 * MIB
LARGER_THAN_ANY_DISK = 1 << 60
PATIENCE = 120.0
TOOL = """#!/bin/sh
[ -e {way} ] && . {way}
exec {real} "$@"
"""


class House:
    """Settings with impatient workers on engines of its own; what a test does to them ends with `tidy`."""

    def __init__(self, live: Settings, folder: Path) -> None:
        self.folder = folder
        self.store_engine = Store(folder / "store")
        self.valkey = Valkey(folder / "valkey")
        self.gate = Gate(self.store_engine.port, seaweedfs.MEDIA_BUCKET)
        self.disk = folder / "disk"
        self.disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(self.disk)]
        self.has_small_disk = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        secrets = self.store_engine.home.secrets()
        self.settings = live.model_copy(
            update={
                "task_lease_seconds": 3,
                "transcode_preset": "ultrafast",
                "redis_url": self.valkey.url,
                "s3_endpoint": seaweedfs.url(self.gate.port),
                "s3_public_endpoint": seaweedfs.url(self.store_engine.port),
                "s3_access_key": secrets["s3_access_key"],
                "s3_secret_key": secrets["s3_secret_key"],
                "s3_private_bucket": seaweedfs.PRIVATE_BUCKET,
                "s3_media_bucket": seaweedfs.MEDIA_BUCKET,
                "ffmpeg": self._tool("ffmpeg", live.ffmpeg),
                "ffprobe": self._tool("ffprobe", live.ffprobe),
            }
        )
        self.store = open_store(
            self.settings.model_copy(update={"s3_endpoint": self.settings.s3_public_endpoint})
        )
        self.workers = Processes(variables_of(self.settings) | {"TMPDIR": str(self.disk)}, folder)
        # It stands still on purpose; on a busy machine others may do so as well.
        self.hasty = Processes(
            variables_of(self.settings) | {"TMPDIR": str(self.disk), "KINDRELAY_STALL_SECONDS": "2"}, folder
        )

    def close(self) -> None:
        self.gate.close()
        self._wake()
        self.workers.stop()
        self.store_engine.close()
        self.valkey.stop()
        if self.has_small_disk:
            subprocess.run(["umount", "-l", str(self.disk)], check=True)

    def tidy(self) -> None:
        """Mend what a test has broken, and forget its videos and tasks."""
        for path in (*self.folder.glob("*.first"), *self.folder.glob("held.*"), self.folder / "go"):
            path.unlink(missing_ok=True)
        self.gate.open()
        self.make_room()
        self.store_engine.start()
        is_busy = any(tools_in(self.folder))
        for workers in (self.workers, self.hasty):
            for name in list(workers.running):
                if name != "preview" or workers is self.hasty or is_busy:
                    power_off(workers, name)
                else:
                    put_to_rest(workers, name)
        for path in self.disk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with unit_of_work() as session:
            session.execute(update(Task).values(done_at=func.now()))
            session.query(Transcode).delete()
            gone = dict.fromkeys(("source_key", "preview_prefix", "ladder_prefix"))
            session.execute(update(Video).values(state="removed", **gone))
        for bucket in (self.store.media, self.store.private):
            bucket.delete_many(list(keys_of(bucket)))

    def _tool(self, name: str, real: str) -> str:
        script = self.folder / name
        script.write_text(TOOL.format(way=self._way(name), real=real))
        script.chmod(0o755)
        return str(script)

    def _way(self, name: str) -> Path:
        return self.folder / f"{name}.first"

    def worker(self, queue: str) -> None:
        """See to it that a worker listens to `queue`; until then nothing that is uploaded is taken up.

        That of previews goes on from test to test, and rests between them.
        """
        running = self.workers.running.get(queue)
        if running is None or running.poll() is not None:
            self.workers.worker(queue)
        self._wake()

    def _wake(self) -> None:
        if resting := self.workers.running.get("preview"):
            tell(family(resting.pid), signal.SIGCONT)

    def hasty_worker(self, queue: str) -> None:
        """Let a worker with hardly any patience for tools that stand still be the only one of `queue`."""
        if queue in self.workers.running:
            power_off(self.workers, queue)
        self.hasty.worker(queue)

    def before(self, tool: str, commands: str, *, once: bool = False) -> None:
        """Let `commands` (of sh) run before a tool each time, or before its next run alone."""
        way = self._way(tool)
        way.write_text(f"/bin/rm -f {way}\n{commands}\n" if once else f"{commands}\n")

    def hold(self, tool: str, *, once: bool = False) -> None:
        """Let a tool wait until `go`; `held` counts those that do."""
        self.before(
            tool,
            f": > {self.folder}/held.$$\nwhile [ ! -e {self.folder}/go ]; do /bin/sleep 0.05; done",
            once=once,
        )

    def preview_held_in(self, tool: str, *, once: bool = False) -> None:
        """Let the worker of previews come as far as a tool, which then waits until `go`."""
        self.hold(tool, once=once)
        self.worker("preview")
        self.until(lambda: self.held)

    @property
    def held(self) -> int:
        return len(list(self.folder.glob("held.*")))

    def go(self) -> None:
        (self.folder / "go").touch()

    def leave_no_room(self) -> None:
        """Leave too little of the disk for any film, until `make_room`.

        Where nobody may mount a small disk to fill, the store calls every film larger than the machine's own.
        """
        if self.has_small_disk:
            self._ballast.write_bytes(bytes(DISK_BYTES - MIB * 8))
        else:
            self.gate.overstate(LARGER_THAN_ANY_DISK)

    def fill_disk_before(self, tool: str) -> None:
        """Let not a byte be free once `tool` runs, each time, until `make_room`.

        Where nobody may mount a small disk to fill, the tool says what tools say of a full one.
        """
        if self.has_small_disk:
            self.before(tool, f"/bin/dd if=/dev/zero of={self._ballast} bs=64k 2>/dev/null")
        else:
            self.before(tool, f"echo 'out.mp4: {os.strerror(errno.ENOSPC)}' >&2\nexit 1")

    def make_room(self) -> None:
        """Let the disk, or what is said of it, be as it was."""
        self._ballast.unlink(missing_ok=True)
        self.gate.overstate(None)

    @property
    def _ballast(self) -> Path:
        return self.disk / "ballast"

    def upload(self, path: Path) -> int:
        """The id of a video whose file has arrived; its preview is due."""
        with unit_of_work() as session:
            creator = factories.person(session)
        return sent(self.settings, self.store, creator.id, path).video_id

    def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait for `condition`, sweeping for due tasks meanwhile as the sweeper does."""
        deadline = time.monotonic() + seconds
        swept = 0.0
        while not condition():
            assert time.monotonic() < deadline, self.logs()
            if time.monotonic() > swept + 1:
                with contextlib.suppress(RedisError):
                    sweep.sweep()
                swept = time.monotonic()
            time.sleep(0.1)

    def logs(self) -> str:
        """What every worker has written."""
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in self.folder.glob("*.log"))


def power_off(workers: Processes, name: str) -> None:
    """End a worker and what it forked at once, so that none of them sees another die first.

    Its tools are not touched: they must die by themselves.
    """
    ours: list[psutil.Process] = []
    for one in family(workers.running[name].pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "workers" in one.cmdline():
                ours.append(one)
    for stop in (signal.SIGSTOP, signal.SIGKILL):
        tell(ours, stop)
    workers.running.pop(name).wait()


def put_to_rest(workers: Processes, name: str) -> None:
    """Freeze a worker that holds no task: neither a row that it has locked, nor one that it will take up."""
    pool = psutil.Process(workers.running[name].pid)

    def stand_still(member: psutil.Process) -> psutil.Process:
        member.suspend()
        eventually(lambda: member.status() == psutil.STATUS_STOPPED)
        return member

    def rests() -> bool:
        stand_still(pool)
        listeners = [stand_still(one) for one in pool.children()]
        if not any(one.children() for one in listeners):
            return True
        tell([*listeners, pool], signal.SIGCONT)
        return False

    eventually(rests)


def seen(video_id: int) -> Video:
    with unit_of_work() as session:
        return session.get_one(Video, video_id)


def task_of(video_id: int, name: str = "media.preview") -> Task:
    """The one task of that name for a video."""
    with unit_of_work() as session:
        return session.scalars(
            select(Task).where(Task.name == name, Task.args["video_id"].as_integer() == video_id)
        ).one()


def set_task(video_id: int, **values: object) -> None:
    """Change the video's preview task, as time would: attempts made, pauses over."""
    with unit_of_work() as session:
        session.execute(
            update(Task)
            .where(Task.name == "media.preview", Task.args["video_id"].as_integer() == video_id)
            .values(**values)
        )


def tools_in(folder: Path) -> Iterator[int]:
    """Process ids of the tools that were started from `folder` and run."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and any(
                word in " ".join(process.cmdline()) for word in (f"{folder}/ff", f"{folder}/disk/")
            ):
                yield process.pid
