"""Decisions are carried out: each has an outcome. The line tells what it is doing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_WAITING = sa.text("outcome IS NULL")


def upgrade() -> None:
    op.add_column("decisions", Column("outcome", TEXT))
    op.create_index("ix_decisions_waiting", "decisions", ["sequence"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.add_column("lease", Column("doing", TEXT))


def downgrade() -> None:
    op.drop_column("lease", "doing")
    op.drop_index("ix_decisions_waiting", "decisions")
    op.drop_column("decisions", "outcome")
