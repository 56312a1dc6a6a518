import shutil
from pathlib import Path

import pytest

from workers.transcode.workspace import NoRoomError, ran_out, require_room


def test_a_source_for_which_the_disk_has_no_room_is_not_begun(tmp_path: Path):
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(NoRoomError, match=str(tmp_path)) as refused:
        require_room(tmp_path, free // 2)
    assert ran_out(tmp_path, refused.value)


def test_a_source_with_room_is_begun(tmp_path: Path):
    require_room(tmp_path, 1)
