"""Scenes are the same each time, and a clip shows what its layers say."""

import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from app.demo import scenes, sound
from app.demo.film import FPS, Clip, Layer, Motion, Move, Stage, flattened, shoot, still
from tests.clips import Clips

SMALL = Stage(180, 320)


def painted(colour: str, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGBA", size, colour)


def difference(a: Image.Image, b: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(a.convert("RGB"), b.convert("RGB"))).mean)


def frame_of(clips: Clips, film: Path, second: float, target: Path) -> Image.Image:
    command = [
        clips.ffmpeg,
        "-v",
        "error",
        "-y",
        "-ss",
        str(second),
        "-i",
        str(film),
        "-frames:v",
        "1",
        str(target),
    ]
    subprocess.run(command, check=True)
    return Image.open(target)


@pytest.mark.parametrize("name", scenes.SCENES)
def test_a_scene_moves_and_is_painted_the_same_each_time(name: str):
    first, second = (scenes.SCENES[name].paint(SMALL) for _ in range(2))
    assert still(first, SMALL, 2.0).tobytes() == still(second, SMALL, 2.0).tobytes()
    assert still(first, SMALL, 1.0).tobytes() != still(first, SMALL, 2.5).tobytes()


def test_a_move_is_eased_and_stays_where_it_ends():
    motion = Motion(10, 20, moves=(Move(1, 2, dx=100),))
    assert [motion.at(t)[0] for t in (0.5, 2, 3, 9)] == [10, 60, 110, 110]


def test_what_drifts_comes_round_again():
    falling = Motion(0, -50, vy=30, wrap_y=60)
    assert [falling.at(t)[1] for t in (0, 1, 2, 3)] == [-50, -20, -50, -20]


def test_layers_that_keep_still_become_one_picture():
    ground, tree = painted("green", (180, 320)), painted("brown", (20, 90))
    bird = Layer([painted("black", (8, 8))], Motion(0, 40, vx=10))
    flat = flattened(
        [Layer([ground]), Layer([tree], Motion(80, 100)), bird, Layer([tree], Motion(10, 10))], SMALL
    )
    assert [len(layer.pictures) for layer in flat] == [1, 1, 1]
    assert flat[0].pictures[0].getpixel((85, 120)) == (165, 42, 42, 255)
    assert flat[2].pictures[0].size == tree.size


def test_the_clip_shows_what_the_still_shows(clips: Clips, tmp_path: Path):
    def paint(_: Stage) -> list[Layer]:
        sway = Motion(60, 60, vx=12, sway_y=24, period=2, moves=(Move(0.5, 1, dx=20),))
        late = Motion(20, 200, vy=20, wrap_y=44)
        return [
            Layer([painted("navy", (180, 320))]),
            Layer([painted("orange", (40, 40)), painted("white", (40, 40))], sway),
            Layer([painted("red", (40, 40))], late, appears=1),
        ]

    film = tmp_path / "clip.mp4"
    shoot(Clip(paint, None, 3, SMALL), clips.ffmpeg, film)
    for second in (0.25, 1.5, 2.75):
        shown = frame_of(clips, film, second, tmp_path / "frame.png")
        assert difference(shown, still(paint(SMALL), SMALL, second)) < 6


def test_a_clip_has_the_length_the_size_and_the_sound_it_was_asked_for(clips: Clips, tmp_path: Path):
    film = tmp_path / "clip.mp4"
    layers = [Layer([painted("teal", (180, 320))])]
    shoot(Clip(lambda _: layers, sound.over(sound.rain(1), "135", 0.3), 1.5, SMALL), clips.ffmpeg, film)
    command = [clips.ffprobe, "-v", "error", "-show_streams", "-of", "json", str(film)]
    streams = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["streams"]
    video, audio = sorted(streams, key=lambda stream: stream["codec_type"], reverse=True)
    assert (video["width"], video["height"], video["nb_frames"]) == (180, 320, str(round(1.5 * FPS)))
    assert audio["codec_name"] == "aac"


def test_what_ffmpeg_says_is_told_when_it_fails(clips: Clips, tmp_path: Path):
    clip = Clip(lambda _: [Layer([painted("teal", (180, 320))])], "there is no such source", 1, SMALL)
    with pytest.raises(RuntimeError, match=r"clip\.mp4: .*such source"):
        shoot(clip, clips.ffmpeg, tmp_path / "clip.mp4")
