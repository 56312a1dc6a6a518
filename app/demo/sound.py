"""Soft sounds for the clips, as ffmpeg audio sources: nothing is recorded, everything is computed."""

import math

RATE = 32000
BELL_RATE = 16000  # a bell has nothing above 2 kHz, and each sample is computed
RINGING = 2.2  # seconds until a bell is not heard any more
ROOM = f"aecho=0.8:0.7:70|130:0.3|0.18,aresample={RATE}"
PENTATONIC = (261.63, 293.66, 329.63, 392.0, 440.0, 523.25, 587.33, 659.25)


def chimes(notes: str, beat: float, start: float = 0.2) -> str:
    """A slow melody on a soft bell, a digit a `beat` (seconds): a step of a scale, 0 a rest."""
    struck = [(start + i * beat, PENTATONIC[int(step) - 1]) for i, step in enumerate(notes) if step != "0"]
    return "+".join(_bell(at, frequency) for at, frequency in struck)


def _bell(at: float, frequency: float) -> str:
    since, turns = f"(t-{at:.2f})", 2 * math.pi * frequency
    rings = f"0.2*sin({turns:.2f}*{since})+0.05*sin({2 * turns:.2f}*{since})"
    return f"if(between(t,{at:.2f},{at + RINGING:.2f}),exp(-2.2*{since})*({rings}),0)"


def music(notes: str, beat: float) -> str:
    """The melody alone, in a small room."""
    return f"aevalsrc='{chimes(notes, beat)}':s={BELL_RATE},{ROOM}"


def over(noise: str, notes: str, beat: float) -> str:
    """The melody over a sound of the place."""
    melody = f"aevalsrc='{chimes(notes, beat)}':s={BELL_RATE},{ROOM}[melody]"
    return f"{melody};{noise}[place];[melody][place]amix=inputs=2:duration=longest:normalize=0"


def wind(seed: int) -> str:
    """Air over a ridge, coming and going."""
    return _noise("pink", seed, 0.5, "lowpass=f=520,highpass=f=90,tremolo=f=0.22:d=0.7,volume=0.5")


def rain(seed: int) -> str:
    """Steady rain on leaves."""
    return _noise("white", seed, 0.3, "highpass=f=900,lowpass=f=7000,tremolo=f=0.35:d=0.2,volume=0.28")


def water(seed: int) -> str:
    """A slow river at night."""
    return _noise("brown", seed, 0.6, "bandpass=f=480:w=500,tremolo=f=0.8:d=0.5,volume=1")


def _noise(tint: str, seed: int, loudness: float, filters: str) -> str:
    return f"anoisesrc=color={tint}:seed={seed}:r={RATE}:a={loudness},{filters}"
