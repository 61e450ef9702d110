"""The first catalog: batches with their ledger, documents, reviews, the register, arrivals, requests, decisions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""sorted and compared as bytes in both databases: a server's collation changes with its system"""


def upgrade() -> None:
    op.create_table(
        "batches",
        Column("id", TEXT, nullable=False),
        Column("sequence", sa.Integer(), nullable=False),
        Column("source", TEXT, nullable=False),
        Column("sha256", TEXT),
        Column("profile", TEXT),
        Column("lane", sa.String(length=16), nullable=False),
        Column("state", sa.String(length=16), nullable=False),
        Column("pages", sa.Integer()),
        Column("received_at", sa.DateTime(timezone=True)),
        Column("version", sa.Integer(), nullable=False),
        Column("received", sa.Integer(), nullable=False),
        Column("filed", sa.Integer(), nullable=False),
        Column("separators", sa.Integer(), nullable=False),
        Column("separator_backs", sa.Integer(), nullable=False),
        Column("blanks", sa.Integer(), nullable=False),
        Column("rejected", sa.Integer(), nullable=False),
        Column("originals", TEXT, nullable=False),
        Column("problems", TEXT, nullable=False),
        Column("profile_was", TEXT, nullable=False),
        Column("page_counts", TEXT, nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('filed', 'held') OR (pages IS NOT NULL AND received = pages"
            " AND received = filed + separators + separator_backs + blanks + rejected)",
            name=op.f("ck_batches_ledger"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("sequence", name=op.f("uq_batches_sequence")),
    )
    op.create_index(op.f("ix_batches_state_lane_sequence"), "batches", ["state", "lane", "sequence"])
    op.create_table(
        "entries",
        Column("register", TEXT, nullable=False),
        Column("year", sa.Integer(), nullable=False),
        Column("number_key", TEXT, nullable=False),
        Column("date", sa.Date()),
        Column("source", TEXT, nullable=False),
        Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("register", "year", "number_key", name=op.f("pk_entries")),
    )
    op.create_index(op.f("ix_entries_date"), "entries", ["date"])
    op.create_index(op.f("ix_entries_number_key"), "entries", ["number_key"])
    op.create_table(
        "lease",
        Column("id", sa.Integer(), autoincrement=False, nullable=False),
        Column("token", sa.Integer(), nullable=False),
        Column("holder", TEXT),
        Column("expires_at", sa.DateTime(timezone=True)),
        Column("host", TEXT),
        Column("pid", sa.Integer()),
        Column("started", TEXT),
        sa.CheckConstraint("id = 1", name=op.f("ck_lease_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
    )
    op.create_table(
        "outbox",
        Column("id", sa.Integer(), autoincrement=True, nullable=False),
        Column("document", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "requests",
        Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        Column("id", TEXT, nullable=False),
        Column("path", sa.LargeBinary(), nullable=False),
        Column("profile", TEXT, nullable=False),
        Column("batch", TEXT),
        Column("refused", TEXT),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_requests")),
        sa.UniqueConstraint("id", name=op.f("uq_requests_id")),
    )
    op.create_index(
        "ix_requests_open",
        "requests",
        ["sequence"],
        sqlite_where=sa.text("batch IS NULL AND refused IS NULL"),
        postgresql_where=sa.text("batch IS NULL AND refused IS NULL"),
    )
    op.create_table(
        "arrivals",
        Column("id", TEXT, nullable=False),
        Column("sequence", sa.Integer(), nullable=False),
        Column("batch", TEXT, nullable=False),
        Column("profile", TEXT, nullable=False),
        Column("source", TEXT, nullable=False),
        Column("claimed", sa.LargeBinary(), nullable=False),
        Column("at", sa.DateTime(timezone=True), nullable=False),
        Column("end", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_arrivals_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sa.UniqueConstraint("sequence", name=op.f("uq_arrivals_sequence")),
    )
    op.create_index(op.f("ix_arrivals_batch"), "arrivals", ["batch"])
    op.create_index(
        "ix_arrivals_open",
        "arrivals",
        ["sequence"],
        sqlite_where=sa.text('"end" IS NULL'),
        postgresql_where=sa.text('"end" IS NULL'),
    )
    op.create_table(
        "decisions",
        Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        Column("id", TEXT, nullable=False),
        Column("batch", TEXT, nullable=False),
        Column("document", TEXT),
        Column("at", sa.DateTime(timezone=True), nullable=False),
        Column("body", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_decisions_batch")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_decisions")),
        sa.UniqueConstraint("id", name=op.f("uq_decisions_id")),
    )
    op.create_index(op.f("ix_decisions_batch"), "decisions", ["batch"])
    op.create_table(
        "documents",
        Column("id", TEXT, nullable=False),
        Column("batch", TEXT, nullable=False),
        Column("place", sa.Integer(), nullable=False),
        Column("kind", sa.String(length=16), nullable=False),
        Column("state", sa.String(length=16), nullable=False),
        Column("link_register", TEXT),
        Column("link_year", sa.Integer()),
        Column("link_number_key", TEXT),
        Column("link_state", sa.String(length=16), nullable=False),
        Column("link_date", sa.Date()),
        Column("department", TEXT),
        Column("body", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_documents_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_batch_place"), "documents", ["batch", "place"])
    op.create_index(op.f("ix_documents_link_date"), "documents", ["link_date"])
    op.create_index(
        op.f("ix_documents_link_register_link_year_link_number_key"),
        "documents",
        ["link_register", "link_year", "link_number_key"],
    )
    op.create_table(
        "page_attempts",
        Column("batch", TEXT, nullable=False),
        Column("page", sa.Integer(), nullable=False),
        Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_page_attempts_batch")),
        sa.PrimaryKeyConstraint("batch", "page", name=op.f("pk_page_attempts")),
    )
    op.create_table(
        "page_fates",
        Column("batch", TEXT, nullable=False),
        Column("page", sa.Integer(), nullable=False),
        Column("fate", sa.String(length=16), nullable=False),
        Column("document", TEXT),
        sa.CheckConstraint("(fate = 'document') = (document IS NOT NULL)", name=op.f("ck_page_fates_document")),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_page_fates_batch")),
        sa.PrimaryKeyConstraint("batch", "page", name=op.f("pk_page_fates")),
    )
    op.create_table(
        "page_readings",
        Column("batch", TEXT, nullable=False),
        Column("page", sa.Integer(), nullable=False),
        Column("reading", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_page_readings_batch")),
        sa.PrimaryKeyConstraint("batch", "page", name=op.f("pk_page_readings")),
    )
    op.create_table(
        "reviews",
        Column("batch", TEXT, nullable=False),
        Column("id", TEXT, nullable=False),
        Column("place", sa.Integer(), nullable=False),
        Column("sequence", sa.Integer(), nullable=False),
        Column("kind", sa.String(length=16), nullable=False),
        Column("document", TEXT),
        Column("body", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_reviews_batch")),
        sa.PrimaryKeyConstraint("batch", "id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_sequence"), "reviews", ["sequence"])
    op.execute("INSERT INTO lease (id, token) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("reviews")
    op.drop_table("page_readings")
    op.drop_table("page_fates")
    op.drop_table("page_attempts")
    op.drop_table("documents")
    op.drop_table("decisions")
    op.drop_table("arrivals")
    op.drop_table("requests")
    op.drop_table("outbox")
    op.drop_table("lease")
    op.drop_table("entries")
    op.drop_table("batches")
