"""Captions, posters, scheduled publishing, retired transcodes, and turns among the tasks of a queue.

Revision: 20261121_video
After: 20261121_guards
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121_video"
down_revision = "20261121_guards"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "caption",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("cues", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["video_id"], ["video.id"], name=op.f("fk_caption_video_id_video")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caption")),
        sa.UniqueConstraint("code", name=op.f("uq_caption_code")),
        sa.UniqueConstraint("video_id", "language", name=op.f("uq_caption_video_id")),
    )
    op.add_column("video", sa.Column("no_speech", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("video", "no_speech", server_default=None)
    op.add_column("video", sa.Column("poster_key", sa.String()))
    op.add_column("video", sa.Column("poster_ms", sa.Integer()))
    op.add_column("video", sa.Column("scheduled_for", MOMENT))
    op.add_column("video", sa.Column("stage_since", MOMENT))
    op.add_column("video", sa.Column("takedown_reason", sa.String(), nullable=False, server_default=""))
    op.alter_column("video", "takedown_reason", server_default=None)
    op.add_column("transcode", sa.Column("retired_at", MOMENT))
    op.add_column("task", sa.Column("fair_key", sa.String()))
    op.add_column("task", sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="1"))
    op.alter_column("task", "priority", server_default=None)
    waiting = "done_at IS NULL AND dead_at IS NULL"
    op.create_index(
        "ix_task_turn", "task", ["queue", "priority", "run_after", "id"], postgresql_where=sa.text(waiting)
    )
    op.create_index(
        "ix_task_turn_of_key",
        "task",
        ["queue", "priority", "fair_key", "run_after", "id"],
        postgresql_where=sa.text(waiting),
    )
    op.create_index(
        "ix_task_leased",
        "task",
        ["queue", "fair_key"],
        postgresql_where=sa.text("lease_until IS NOT NULL AND fair_key IS NOT NULL"),
    )
    op.execute(
        "ALTER TABLE video DROP CONSTRAINT ck_video_publishing, ADD CONSTRAINT ck_video_publishing "
        "CHECK (publishing IN ('draft', 'scheduled', 'published', 'unlisted', 'taken_down')), "
        "ADD CONSTRAINT ck_video_scheduled CHECK (publishing <> 'scheduled' OR scheduled_for IS NOT NULL)"
    )
