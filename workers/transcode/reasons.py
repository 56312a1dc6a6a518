"""Why a video cannot be taken, and what is worth knowing of one that can: a creator's words."""

from app.core.errors import KindrelayError
from app.core.i18n import N_

NOT_A_VIDEO = N_("This file is not a video we can read. Please upload an MP4, MOV, WebM or MKV file.")
PICTURE = N_("This file is a picture. Please upload a video.")
EMPTY = N_("This file is empty. Please choose the video again and upload it once more.")
NO_PICTURE = N_("This file has sound but no moving picture. Please upload a video.")
TOO_LONG = N_("This video is too long. Please cut it to %(minutes)s minutes or less.")
TOO_LARGE = N_("The picture of this video is too large. Please export it at 4K or smaller.")
INCOMPLETE = N_("This video is not complete: its end is missing. Please upload the whole file again.")
TOO_HARD = N_("This video could not be read in reasonable time. Please export it again as MP4.")
TOO_SHORT = N_("This video is over before anything can be seen. Please upload a longer one.")
TOO_NARROW = N_("The picture of this video is too narrow to be seen. Please export it in an ordinary shape.")
UNDECODABLE = N_("This video cannot be decoded: it is damaged or protected. Please export it again as MP4.")
TIMELESS = N_("The clock of this video is broken. Please export it again as MP4.")
SPLICED = N_("This recording changes its format half-way. Please export all of it as one MP4.")

NO_SOUND = N_("This video has no sound.")
DAMAGED = N_("Parts of the picture are damaged. Please watch the video before you publish it.")


class Rejected(KindrelayError):  # noqa: N818 (a verdict on the file, not a fault)
    """The file cannot be taken; the message says why and what to do."""
