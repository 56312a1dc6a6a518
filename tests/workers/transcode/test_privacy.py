"""Where, when, on what and by whom a clip was taken is told by none of the files that are published."""

import dataclasses
import re
import struct
import subprocess
from pathlib import Path
from types import MappingProxyType

import pytest
from PIL import Image

from app.videos.recipes import STANDARD
from app.videos.renditions import MP4, PLAYLIST
from tests import fragments, hls
from tests.films import Films, Take, beeping, ticking
from workers.transcode import encode, probe
from workers.transcode.encode import Tools

# Said in the file as a whole. Each value stands nowhere else.
TOLD = {
    "location": "+39.9042+116.4074/",
    "com.apple.quicktime.location.ISO6709": "+48.8584+002.2945+035.000/",
    "com.apple.quicktime.location.accuracy.horizontal": "4.738291",
    "com.apple.quicktime.make": "PlantedApple",
    "com.apple.quicktime.model": "PlantedPhone 15 Pro",
    "com.apple.quicktime.software": "planted-17.4.1",
    "com.apple.quicktime.creationdate": "2026-03-14T15:09:26+0800",
    "com.android.version": "planted-android-14",
    "com.android.manufacturer": "PlantedPixelMaker",
    "com.android.model": "PlantedPixel 8",
    "title": "PlantedTitle",
    "artist": "PlantedArtist",
    "comment": "PlantedComment my home",
    "encoded_by": "PlantedEncoder camera 3",
    "copyright": "PlantedCopyright",
}
CREATED = 1_773_472_166 + 2_082_844_800  # the same moment, in seconds since 1904
CHAPTER = "PlantedChapter grandmother"
TRACK = "PlantedHandler lens"
TELEMETRY = "PlantedTelemetry 39.90421N 116.40739E"
IN_BAND = "PlantedSerial SN-0042"
PACKET = "<x:xmpmeta><exif:GPSLatitude>PlantedXmp 39,54.252N</exif:GPSLatitude></x:xmpmeta>"
EXIF_MODEL = "PlantedExif camera"
XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
PLANTED = (*TOLD.values(), CHAPTER, TRACK, TELEMETRY, IN_BAND, "PlantedXmp", EXIF_MODEL)
SMALL = dataclasses.replace(
    STANDARD,
    peak_rates=MappingProxyType({480: 900_000, 160: 300_000, 90: 200_000}),
    preview_side=90,
    fallback_side=160,
)
SAFE_FILE_TAGS = {"major_brand", "minor_version", "compatible_brands"}
SAFE_TRACK_TAGS = {"language", "handler_name", "vendor_id"}


@pytest.fixture(scope="module")
def telling(films: Films) -> Path:
    """A phone's clip that tells all it can, in every place there is for it."""
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
    plain = films.made(
        "plain.mov", ticking(2, 10, [], (284, 160)), Take("10", options=options, sound=beeping(2, [1]))
    )
    cover = films.folder / "cover.jpg"
    exif = Image.Exif()
    exif[0x0110] = EXIF_MODEL
    Image.new("RGB", (64, 64), (200, 40, 40)).save(cover, exif=exif)
    spoken = films.folder / "telemetry.srt"
    spoken.write_text(f"1\n00:00:00,000 --> 00:00:02,000\n{TELEMETRY}\n")
    chapters = films.folder / "chapters.txt"
    chapters.write_text(f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=2\ntitle={CHAPTER}\n")
    target = films.folder / "telling.mov"
    inputs = [part for path in (plain, cover, spoken, chapters) for part in ("-i", str(path))]
    command = [films.ffmpeg, "-v", "error", "-y", *inputs, "-map", "0", "-map", "1", "-map", "2"]
    command += ["-map_metadata", "3", "-map_chapters", "3", "-c", "copy", "-c:s", "mov_text"]
    command += ["-movflags", "use_metadata_tags", "-bsf:v:0"]
    command += [f"h264_metadata=sei_user_data=086f3693b7b34f2c965321492feee5b8+{IN_BAND}"]
    command += [part for name, value in TOLD.items() for part in ("-metadata", f"{name}={value}")]
    command += ["-metadata", "creation_time=2026-03-14T07:09:26Z"]
    command += [part for track in "vas" for part in (f"-metadata:s:{track}", f"handler_name={TRACK}")]
    subprocess.run([*command, str(target)], check=True, timeout=60)
    # The text track becomes one of telemetry, as action cameras write it, and a packet of XMP is put behind.
    content = target.read_bytes().replace(b"tx3g", b"gpmd").replace(b"sbtl", b"meta")
    packet = XMP_BOX + PACKET.encode()
    target.write_bytes(content + struct.pack(">I4s", len(packet) + 8, b"uuid") + packet)
    return target


@pytest.fixture(scope="module")
def published(telling: Path, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every file that comes of it, with and without taking the preview's rung over."""
    small = dataclasses.replace(tools, recipe=SMALL)
    seen = probe.probe(tools.ffprobe, telling, 600)
    folder = tmp_path_factory.mktemp("published")
    preview, ladder, fresh = (folder / name for name in ("preview", "ladder", "fresh"))
    for each in (preview, ladder, fresh):
        each.mkdir()
    encode.preview(small, telling, preview, seen, lambda _: None)
    encode.whole_ladder(small, telling, ladder, seen, lambda _: None, preview / MP4)
    encode.whole_ladder(small, telling, fresh, seen, lambda _: None)
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_source_does_tell(telling: Path, films: Films):
    content = telling.read_bytes()
    assert [said for said in PLANTED if said.encode() not in content] == []
    assert struct.pack(">I", CREATED) in content
    assert any(stream["codec_type"] == "data" for stream in films.streams(telling))


def test_nothing_that_was_told_is_in_any_published_file(published: list[Path]):
    kinds = {path.suffix for path in published}
    assert kinds == {".mp4", ".m4s", ".m3u8", ".jpg", ".vtt"}
    for path in published:
        content = path.read_bytes().lower()
        for said in (*PLANTED, "planted", "com.apple", "com.android", "gpmd", "xmpmeta", "telling.mov"):
            for coding in ("utf-8", "utf-16-le", "utf-16-be"):
                assert said.lower().encode(coding) not in content, (path.name, said)


def test_films_have_no_time_of_creation_no_extra_tracks_and_ordinary_labels(
    published: list[Path], films: Films
):
    for path in (path for path in published if path.suffix == ".mp4"):
        content = path.read_bytes()
        for name, start, end in fragments.boxes(content):
            if name in (b"mvhd", b"tkhd", b"mdhd"):
                wide = content[start] == 1
                assert struct.unpack_from(">QQ" if wide else ">II", content, start + 4) == (0, 0), (
                    path.name,
                    name,
                )
            assert name not in (b"uuid", b"meta", b"keys"), path.name
            if name == b"udta":  # at most the name of the software that wrote the file
                entries = content[start:end].partition(b"ilst")[2]
                assert re.fullmatch(rb"(.{4}\xa9too.{4}data.{8}Lavf[\d.]*)?", entries, re.DOTALL)
        if path.name != MP4:
            continue
        told = films.told(path)
        assert told["format"].get("tags", {}).keys() <= SAFE_FILE_TAGS
        assert [stream["codec_type"] for stream in told["streams"]] == ["video", "audio"]
        for stream in told["streams"]:
            assert stream["tags"].keys() <= SAFE_TRACK_TAGS
            assert stream["tags"]["handler_name"] in ("VideoHandler", "SoundHandler")
            assert stream["tags"].get("language", "und") == "und"
        assert told["chapters"] == []


def test_pictures_carry_nothing_but_themselves(published: list[Path]):
    for path in (path for path in published if path.suffix == ".jpg"):
        with Image.open(path) as picture:
            assert dict(picture.getexif()) == {}
            assert not {"exif", "xmp", "photoshop", "icc_profile"} & picture.info.keys()


def test_playlists_name_files_alone(published: list[Path]):
    for path in (path for path in published if path.suffix == ".m3u8"):
        assert "PROGRAM-DATE-TIME" not in path.read_text()
        assert not any("/" in str(uri.relative_to(path.parent).parent.parent) for uri in hls.uris(path))
    assert any(path.name == PLAYLIST for path in published)
