import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.waits import eventually
from workers.transcode.run import Limits, ToolFailedError, ToolHungError, run

QUICK = Limits(wall_seconds=20, stall_seconds=20, cpu_seconds=10)


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def printed(arguments: Sequence[str], folder: Path, limits: Limits = QUICK) -> list[str]:
    lines: list[str] = []

    def keep(line: str) -> bool:
        lines.append(line)
        return True

    run(arguments, folder, limits, keep)
    return lines


def test_a_tool_gets_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KINDRELAY_S3_SECRET_KEY", "canary")
    [line] = printed(python("import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"), tmp_path)
    assert line == "[]"


# Network namespaces are Linux's. Elsewhere the list of protocols stands alone, as test_bad_input.py tries it.
def test_a_tool_reaches_no_network_where_the_platform_can_cut_it_off(tmp_path: Path):
    code = "import socket; print([name for _, name in socket.if_nameindex()])"
    is_cut_off = printed(python(code), tmp_path) == ["['lo']"]
    assert is_cut_off == (sys.platform == "linux")


def test_a_failing_tool_is_told_by_its_last_words(tmp_path: Path):
    with pytest.raises(ToolFailedError, match="no such luck") as failure:
        run(python("import sys; sys.exit('no such luck')"), tmp_path, QUICK, lambda _: True)
    assert failure.value.returncode == 1


def test_a_flood_of_complaints_neither_blocks_nor_is_kept(tmp_path: Path):
    flood = "import sys\nfor n in range(40000): sys.stderr.write(f'complaint {n} ' + 'x' * 100 + '\\n')"
    finished = run(python(flood), tmp_path, QUICK, lambda _: True)
    assert finished.complaints == 40000
    assert len(finished.stderr) < 10_000
    assert "complaint 39999" in finished.stderr


def test_a_tool_that_stands_still_is_ended(tmp_path: Path):
    began = time.monotonic()
    with pytest.raises(ToolHungError):
        run(python("import time; time.sleep(60)"), tmp_path, Limits(stall_seconds=0.5), lambda _: True)
    assert time.monotonic() - began < 10


def test_a_tool_that_talks_without_getting_further_is_ended(tmp_path: Path):
    chatter = "import time\nwhile True: print('still here', flush=True); time.sleep(.05)"
    with pytest.raises(ToolHungError):
        run(python(chatter), tmp_path, Limits(stall_seconds=0.5), lambda _: False)


def test_a_tool_that_burns_its_seconds_is_ended(tmp_path: Path):
    with pytest.raises(ToolHungError, match="used up 1 s of CPU"):
        run(python("while True: pass"), tmp_path, Limits(cpu_seconds=1), lambda _: True)


def test_a_tool_that_wants_too_much_memory_fails(tmp_path: Path):
    with pytest.raises(ToolFailedError, match="MemoryError"):
        run(python("b'x' * (2 << 30)"), tmp_path, Limits(memory_bytes=1 << 30), lambda _: True)


def test_a_tool_that_writes_too_large_a_file_fails(tmp_path: Path):
    code = "open('big', 'wb').write(b'x' * 3_000_000)"
    with pytest.raises(ToolFailedError):
        run(python(code), tmp_path, Limits(file_bytes=1_000_000), lambda _: True)
    assert (tmp_path / "big").stat().st_size <= 1_000_000


def test_children_of_a_tool_end_with_it(tmp_path: Path):
    code = (
        "from subprocess import DEVNULL, Popen\n"
        "print(Popen(['sleep', '60'], stdout=DEVNULL, stderr=DEVNULL).pid)"
    )
    [child] = printed(python(code), tmp_path)
    eventually(lambda: not is_running(int(child)), 60)


# Linux kills it at once, even in its sleep. Elsewhere no kernel can be asked to: its CPU limit ends it.
LAST_DEEDS = "time.sleep(60)" if sys.platform == "linux" else "while True: pass"


def test_a_tool_does_not_outlive_its_worker(tmp_path: Path):
    tool = python(f"import os, time; open('pid', 'w').write(str(os.getpid()))\n{LAST_DEEDS}")
    limits = "Limits(cpu_seconds=2)"
    code = f"from workers.transcode.run import *; run({tool!r}, Path({str(tmp_path)!r}), {limits}, bool)"
    worker = subprocess.Popen(python(code))
    pid = tmp_path / "pid"
    eventually(lambda: pid.exists() and bool(pid.read_text()), 60)
    assert is_running(int(pid.read_text()))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    eventually(lambda: not is_running(int(pid.read_text())), 60)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    except OSError:
        os.kill(pid, 0)
        return True
    return state != "Z"
