"""From pictures to a clip: layers that move over each other, and stills of the same."""

import math
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, overload

from PIL import Image

from app.demo.paper import Picture, lay

FPS = 24
FLIP_FPS = 12  # drawings that change are drawn on twos, as animators do
COLOURS = "scale=out_color_matrix=bt709:out_range=tv"


@dataclass(frozen=True)
class Move:
    """One unhurried step of a layer: by (dx, dy) pixels, beginning `at` and lasting `seconds`."""

    at: float
    seconds: float
    dx: float = 0
    dy: float = 0


@dataclass(frozen=True)
class Motion:
    """Where a layer's upper left corner is at each moment, in pixels and seconds.

    It starts at (x, y), drifts at (vx, vy), sways by (sway_x, sway_y) once a period and makes its moves.
    With a `wrap` its drift starts over after so many pixels.
    """

    x: float = 0
    y: float = 0
    vx: float = 0
    vy: float = 0
    sway_x: float = 0
    sway_y: float = 0
    period: float = 4
    phase: float = 0  # part of a period
    wrap_x: float = 0
    wrap_y: float = 0
    moves: tuple[Move, ...] = ()

    def at(self, t: float) -> tuple[float, float]:
        """The place at `t` seconds."""
        swing = math.sin(2 * math.pi * (t / self.period + self.phase))
        x = self.x + _wrapped(self.vx * t, self.wrap_x) + self.sway_x * swing
        y = self.y + _wrapped(self.vy * t, self.wrap_y) + self.sway_y * swing
        for move in self.moves:
            part = min(max((t - move.at) / move.seconds, 0), 1)
            eased = part * part * (3 - 2 * part)
            x, y = x + move.dx * eased, y + move.dy * eased
        return x, y

    def expressions(self) -> tuple[str, str]:
        """The same, in ffmpeg's words."""
        steps_x = [(move, move.dx) for move in self.moves]
        steps_y = [(move, move.dy) for move in self.moves]
        return (
            self._expression(self.x, self.vx, self.sway_x, self.wrap_x, steps_x),
            self._expression(self.y, self.vy, self.sway_y, self.wrap_y, steps_y),
        )

    def _expression(
        self, start: float, speed: float, sway: float, wrap: float, steps: list[tuple[Move, float]]
    ) -> str:
        terms = [f"{start:.2f}"]
        if speed:
            terms.append(f"mod({speed:.3f}*t+{wrap * 99:.2f},{wrap:.2f})" if wrap else f"{speed:.3f}*t")
        if sway:
            terms.append(f"{sway:.2f}*sin(2*PI*(t/{self.period:.3f}+{self.phase:.3f}))")
        for move, distance in steps:
            part = f"clip((t-{move.at:.3f})/{move.seconds:.3f},0,1)"
            terms.append(f"{distance:.2f}*{part}*{part}*(3-2*{part})")
        return "+".join(f"({term})" for term in terms)


def _wrapped(distance: float, wrap: float) -> float:
    return distance % wrap if wrap else distance


class FlipBook(Sequence[Picture]):
    """Pictures that are painted when they are looked at: a still needs one of them, a short film a few.

    Each comes from a function that paints it, once or again and again: see `sketched`.
    """

    def __init__(self, sketches: Sequence[Callable[[], Picture]]) -> None:
        self._sketches = sketches

    def __len__(self) -> int:
        return len(self._sketches)

    @overload
    def __getitem__(self, number: int) -> Picture: ...
    @overload
    def __getitem__(self, number: slice) -> "FlipBook": ...
    def __getitem__(self, number: int | slice) -> "Picture | FlipBook":
        if isinstance(number, slice):
            return FlipBook(self._sketches[number])
        return self._sketches[number]()


def sketched(paint: Callable[..., Picture], *about: Any) -> Callable[[], Picture]:
    """A picture of a flip book, painted by `paint(*about)` when it is first looked at."""
    return cache(partial(paint, *about))


@dataclass(frozen=True)
class Layer:
    """One picture, or a flip book of them, that moves over what lies below from when it `appears`."""

    pictures: Sequence[Picture]
    motion: Motion = field(default_factory=Motion)
    loops: bool = True  # a flip book starts again at its end; else its last picture stays
    appears: float = 0

    @property
    def keeps_still(self) -> bool:
        plain = Motion(self.motion.x, self.motion.y)
        return len(self.pictures) == 1 and self.motion == plain and not self.appears

    def picture_at(self, t: float) -> Picture | None:
        """The picture that is up at `t` seconds, if there is one yet."""
        if t < self.appears:
            return None
        number = int((t - self.appears) * FLIP_FPS)
        return self.pictures[
            number % len(self.pictures) if self.loops else min(number, len(self.pictures) - 1)
        ]


@dataclass(frozen=True)
class Stage:
    """The size of the picture a scene is painted for, in pixels."""

    width: int
    height: int

    @property
    def unit(self) -> float:
        """What stands for one pixel of a 720 pixels wide upright picture."""
        return min(self.width, self.height * 0.75) / 720

    @property
    def upright(self) -> bool:
        return self.height > self.width

    def pick(self, upright: float, wide: float) -> float:
        """One number for an upright picture, another for a wide one."""
        return upright if self.upright else wide


@dataclass(frozen=True)
class Clip:
    """What is asked of the camera and the microphone."""

    paint: Callable[[Stage], list[Layer]]
    sound: str | None  # an ffmpeg audio source, or none
    seconds: float
    stage: Stage


def still(layers: Sequence[Layer], stage: Stage, t: float) -> Picture:
    """The picture at `t` seconds, opaque."""
    canvas = Image.new("RGBA", (stage.width, stage.height), (0, 0, 0, 255))
    for layer in layers:
        if picture := layer.picture_at(t):
            lay(canvas, picture, *layer.motion.at(t))
    return canvas.convert("RGB")


def flattened(layers: Sequence[Layer], stage: Stage) -> list[Layer]:
    """The same film with every run of layers that keep still laid into one picture, cut to the stage."""
    flat: list[Layer] = []
    for still_ones, run in groupby(layers, key=lambda layer: layer.keeps_still):
        if not still_ones:
            flat += run
            continue
        canvas = Image.new("RGBA", (stage.width, stage.height))
        for layer in run:
            lay(canvas, layer.pictures[0], *layer.motion.at(0))
        left, top, right, bottom = canvas.getbbox() or (0, 0, 1, 1)
        flat.append(Layer([canvas.crop((left, top, right, bottom))], Motion(left, top)))
    return flat


def shoot(clip: Clip, ffmpeg: str, target: Path) -> None:
    """Paint the clip and encode it as MP4 (H.264, AAC). Raises RuntimeError with ffmpeg's last words."""
    layers = [_shown(layer, clip.seconds) for layer in flattened(clip.paint(clip.stage), clip.stage)]
    with TemporaryDirectory(prefix="kindrelay-film-") as folder:
        inputs: list[str] = []
        for number, layer in enumerate(layers):
            path = Path(folder, f"{number}.rgba")
            with path.open("wb") as file:
                for picture in layer.pictures:
                    file.write(picture.tobytes())
            inputs += [
                "-f",
                "rawvideo",
                "-pixel_format",
                "rgba",
                "-video_size",
                "{}x{}".format(*layer.pictures[0].size),
            ]
            inputs += ["-framerate", str(FLIP_FPS if len(layer.pictures) > 1 else FPS), "-i", str(path)]
        command = [
            ffmpeg,
            "-nostdin",
            "-hide_banner",
            "-v",
            "error",
            "-y",
            *inputs,
            *_output(clip, layers),
            str(target),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"ffmpeg could not make {target.name}: {done.stderr[-600:]}")


def _shown(layer: Layer, seconds: float) -> Layer:
    """The layer with no more of its flip book than there is time for."""
    count = max(1, math.ceil((seconds - layer.appears) * FLIP_FPS) + 1)
    if count >= len(layer.pictures):
        return layer
    return replace(layer, pictures=layer.pictures[:count], loops=False)


def _output(clip: Clip, layers: Sequence[Layer]) -> list[str]:
    sound = ["-f", "lavfi", "-i", clip.sound] if clip.sound else []
    audio = ["-map", f"{len(layers)}:a", "-c:a", "aac", "-b:a", "96k", "-ac", "2"] if clip.sound else []
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "21", "-r", str(FPS)]
    colours = [
        "-colorspace",
        "bt709",
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
        "-color_range",
        "tv",
    ]
    graph = ["-filter_complex", _graph(layers), "-map", "[film]"]
    return [*sound, *graph, *audio, *video, *colours, "-t", str(clip.seconds), "-movflags", "+faststart"]


def _graph(layers: Sequence[Layer]) -> str:
    """Each layer over the ones before it, in the encoder's own colours, where ffmpeg is fastest."""
    chains = [f"[0:v]{COLOURS},format=yuv420p,loop=-1:1,fps={FPS}[under1]"]
    for number, layer in enumerate(layers[1:], start=1):
        x, y = layer.motion.expressions()
        count = len(layer.pictures)
        repeat = f",loop=-1:{count}" if layer.loops and count > 1 else ""
        later = f",setpts=PTS+{layer.appears}/TB" if layer.appears else ""
        chains.append(f"[{number}:v]{COLOURS},format=yuva420p{repeat}{later}[over{number}]")
        chains.append(f"[under{number}][over{number}]overlay=x='{x}':y='{y}'[under{number + 1}]")
    chains.append(f"[under{len(layers)}]null[film]")
    return ";".join(chains)
