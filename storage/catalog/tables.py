"""The tables: columns for what is asked for, JSON text for the rest. Migrations must lead to exactly these."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    and_,
)

from storage.catalog.types import AnyText, PathBytes, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = AnyText()
"""hex digits, but what is asked for may be anything"""

LEDGER_CHECK = (
    "state NOT IN ('filed', 'held') OR (pages IS NOT NULL AND received = pages"
    " AND received = filed + separators + separator_backs + blanks + rejected)"
)
FATE_CHECK = "(fate = 'document') = (document IS NOT NULL)"

batches = Table(
    "batches",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sequence", Integer, nullable=False, unique=True),
    Column("source", AnyText, nullable=False),
    Column("sha256", ID),
    Column("profile", AnyText),
    Column("lane", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("pages", Integer),
    Column("received_at", UtcTime),
    Column("version", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("filed", Integer, nullable=False),
    Column("separators", Integer, nullable=False),
    Column("separator_backs", Integer, nullable=False),
    Column("blanks", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("originals", AnyText, nullable=False),
    Column("problems", AnyText, nullable=False),
    Column("profile_was", AnyText, nullable=False),
    Column("page_counts", AnyText, nullable=False),
    CheckConstraint(LEDGER_CHECK, name="ledger"),
    Index(None, "state", "lane", "sequence"),
)

page_fates = Table(
    "page_fates",
    metadata,
    Column("batch", ID, ForeignKey("batches.id"), nullable=False),
    Column("page", Integer, nullable=False),
    Column("fate", String(16), nullable=False),
    Column("document", ID),
    PrimaryKeyConstraint("batch", "page"),
    CheckConstraint(FATE_CHECK, name="document"),
)

page_attempts = Table(
    "page_attempts",
    metadata,
    Column("batch", ID, ForeignKey("batches.id"), nullable=False),
    Column("page", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    PrimaryKeyConstraint("batch", "page"),
)

page_readings = Table(
    "page_readings",
    metadata,
    Column("batch", ID, ForeignKey("batches.id"), nullable=False),
    Column("page", Integer, nullable=False),
    Column("reading", LargeBinary, nullable=False),
    PrimaryKeyConstraint("batch", "page"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", ID, primary_key=True),
    Column("batch", ID, ForeignKey("batches.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("link_register", AnyText),
    Column("link_year", Integer),
    Column("link_number_key", AnyText),
    Column("link_state", String(16), nullable=False),
    Column("link_date", Date),
    Column("department", AnyText),
    Column("body", AnyText, nullable=False),
    Index(None, "batch", "place"),
    Index(None, "link_register", "link_year", "link_number_key"),
    Index(None, "link_date"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("batch", ID, ForeignKey("batches.id"), nullable=False),
    Column("id", ID, nullable=False),
    Column("place", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("document", ID),
    Column("body", AnyText, nullable=False),
    PrimaryKeyConstraint("batch", "id"),
    Index(None, "sequence"),
)

entries = Table(
    "entries",
    metadata,
    Column("register", AnyText, nullable=False),
    Column("year", Integer, nullable=False),
    Column("number_key", AnyText, nullable=False),
    Column("date", Date),
    Column("source", AnyText, nullable=False),
    Column("body", AnyText, nullable=False),
    PrimaryKeyConstraint("register", "year", "number_key"),
    Index(None, "number_key"),
    Index(None, "date"),
)

arrivals = Table(
    "arrivals",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sequence", Integer, nullable=False, unique=True),
    Column("batch", ID, ForeignKey("batches.id"), nullable=False),
    Column("profile", AnyText, nullable=False),
    Column("source", AnyText, nullable=False),
    Column("claimed", PathBytes, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("end", PathBytes),
    Index(None, "batch"),
)
Index(
    "ix_arrivals_open",
    arrivals.c.sequence,
    sqlite_where=arrivals.c.end.is_(None),
    postgresql_where=arrivals.c.end.is_(None),
)

requests = Table(
    "requests",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False, unique=True),
    Column("path", PathBytes, nullable=False),
    Column("profile", AnyText, nullable=False),
    Column("batch", ID),
    Column("refused", AnyText),
)
_unanswered = and_(requests.c.batch.is_(None), requests.c.refused.is_(None))
Index("ix_requests_open", requests.c.sequence, sqlite_where=_unanswered, postgresql_where=_unanswered)

decisions = Table(
    "decisions",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False, unique=True),
    Column("batch", ID, ForeignKey("batches.id"), nullable=False),
    Column("document", ID),
    Column("at", UtcTime, nullable=False),
    Column("body", AnyText, nullable=False),
    Column("outcome", AnyText),
    Index(None, "batch"),
)
Index(
    "ix_decisions_waiting",
    decisions.c.sequence,
    sqlite_where=decisions.c.outcome.is_(None),
    postgresql_where=decisions.c.outcome.is_(None),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("document", ID, nullable=False),
    sqlite_autoincrement=True,
)

lease = Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token", Integer, nullable=False),
    Column("holder", AnyText),
    Column("expires_at", UtcTime),
    Column("host", AnyText),
    Column("pid", Integer),
    Column("started", AnyText),
    Column("doing", AnyText),
    CheckConstraint("id = 1", name="one_row"),
)
