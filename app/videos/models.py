"""Tables of videos: the clip, its upload, its captions, its donation links, its transcodes."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code
from app.projects.models import Project

STATES = (
    "uploading",
    "uploaded",
    "probing",
    "rejected",
    "preparing",
    "playable",
    "ready",
    "failed",
    "removed",
)
PUBLISHING = ("draft", "scheduled", "published", "unlisted", "taken_down")
STAGES = ("preview", "ladder")


class Video(Row):
    """A short clip. `state` follows its file, `publishing` its creator's will."""

    __tablename__ = "video"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(f"publishing IN {PUBLISHING}", name="publishing"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("publishing <> 'scheduled' OR scheduled_for IS NOT NULL", name="scheduled"),
        Index(
            "ix_video_feed",
            "published_at",
            "id",
            postgresql_where=text("publishing = 'published' AND state IN ('playable', 'ready')"),
        ),
        Index("ix_video_creator_id", "creator_id", "id"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    creator_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="uploading")
    publishing: Mapped[str] = mapped_column(default="draft")
    reason: Mapped[str] = mapped_column(default="")  # why rejected or failed: an English message key
    retryable: Mapped[bool] = mapped_column(default=False)
    percent: Mapped[int] = mapped_column(default=0)  # of the stage that runs now
    stage_since: Mapped[datetime | None]  # when that stage began to get on
    source_key: Mapped[str | None]  # object in the private bucket
    source_size: Mapped[int | None] = mapped_column(BigInteger)  # bytes
    duration_ms: Mapped[int | None]
    width: Mapped[int | None]  # display pixels, after rotation and pixel aspect
    height: Mapped[int | None]
    has_audio: Mapped[bool | None]
    warnings: Mapped[str] = mapped_column(default="")
    no_speech: Mapped[bool] = mapped_column(default=False)  # its creator says that nobody speaks in it
    poster_key: Mapped[str | None]  # the picture its creator chose, in the media bucket
    poster_ms: Mapped[int | None]  # where in the clip that picture is
    preview_prefix: Mapped[str | None]  # published outputs, in the media bucket
    ladder_prefix: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    published_at: Mapped[datetime | None]
    scheduled_for: Mapped[datetime | None]  # when a scheduled video is published
    takedown_reason: Mapped[str] = mapped_column(default="")  # an administrator's words to the creator

    creator: Mapped[Person] = relationship(lazy="raise")


class Upload(Row):
    """A multipart upload from a browser straight to the private bucket."""

    __tablename__ = "upload"

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"), unique=True)
    object_key: Mapped[str]
    multipart_id: Mapped[str]  # the object store's name for the upload
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)  # bytes declared
    part_size: Mapped[int]  # bytes
    created_at: Mapped[datetime] = mapped_column(default=now)
    completed_at: Mapped[datetime | None]
    aborted_at: Mapped[datetime | None]

    video: Mapped[Video] = relationship(lazy="raise")


class Caption(Row):
    """What is said in a video, in one language, as WebVTT that was checked when it came."""

    __tablename__ = "caption"
    __table_args__ = (UniqueConstraint("video_id", "language"),)

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"))
    language: Mapped[str]  # BCP 47, such as en or zh-Hans
    content: Mapped[str]
    cues: Mapped[int]
    filename: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class DonationLink(Row):
    """What a charity tag attaches to a video. A video has one live link; old ones stay for the record."""

    __tablename__ = "donation_link"
    __table_args__ = (
        Index("uq_donation_link_live", "video_id", unique=True, postgresql_where=text("retired_at IS NULL")),
        Index("ix_donation_link_project_id", "project_id"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]

    video: Mapped[Video] = relationship(lazy="raise")
    project: Mapped[Project] = relationship(lazy="raise")


class Transcode(Row):
    """One stage of one recipe for one video; outputs of an attempt live under their own prefix."""

    __tablename__ = "transcode"
    __table_args__ = (
        UniqueConstraint("video_id", "recipe", "stage"),
        CheckConstraint(f"stage IN {STAGES}", name="stage"),
    )

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"))
    recipe: Mapped[str]
    stage: Mapped[str]
    prefix: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]  # players may read its files for a while after this
