"""What is the same is told by more than its spelling: directives, events of propaganda, recipients of awards.

What was entered twice before stays as it is and stands apart; only from now on a second one is refused.

Revision ID: 0025
Revises: 0024
"""

import re
import unicodedata
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_WORDS = re.compile(r"[\W_]+")
_ADDRESSED = re.compile(
    r"^(?:(?:dong chi|d c|ong|ba|(?:thieu|trung|thuong|dai) (?:ta|uy|si|tuong)|ha si|chien si) )+(?=\w+ \w+)"
)
_FILLED = ("directives", "propaganda_activities", "awards")


# As the product had them when this was written: what a revision does must not change with the product.
def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(c for c in decomposed if unicodedata.category(c) not in {"Mn", "Me", "Cf"})
    return " ".join(
        unicodedata.normalize("NFC", bare.translate({0x111: "d", 0x2019: "'", 0x2018: "'", 0x2BC: "'"})).split()
    )


def _words(text: str) -> str:
    return " ".join(_WORDS.split(_fold(text))).strip()


def _number_key(number: str) -> str:
    kept = "".join("-" if unicodedata.category(c) == "Pd" else c for c in _fold(number) if not c.isspace())
    return re.sub(r"^0+(?=\d)", "", kept.replace("\u2212", "-").strip(".")).upper()


def _event_key(row: Any) -> str:
    known = (row.form_id, row.venue_kind or "", row.date_from, _words(row.title), _words(row.place or ""))
    return sha256("\x1f".join(map(str, known)).encode()).hexdigest()


def _claim(row: Any) -> bytes:
    named = "" if row.recipient_is_unit else "=" + _words(row.recipient_name)
    if row.recipient_kind == "individual":
        named = "=" + _ADDRESSED.sub("", named[1:])
    return sha256("\x1f".join((row.recipient_kind, str(row.recipient_unit_id), named)).encode()).digest()


def _fill() -> None:
    """Keys of what there is; of several with one key the oldest has it."""
    connection = op.get_bind()
    seen: set[tuple[Any, ...]] = set()
    rows = connection.execute(
        sa.text("SELECT id, unit_id, number_symbol, issued_on FROM directives ORDER BY created_at, id")
    ).all()
    for row in rows:
        key = _number_key(row.number_symbol)
        kept = key if (row.unit_id, key, row.issued_on) not in seen else f"{key} {row.id}"
        seen.add((row.unit_id, key, row.issued_on))
        connection.execute(
            sa.text("UPDATE directives SET number_key = :key WHERE id = :id"), {"key": kept, "id": row.id}
        )
    rows = connection.execute(
        sa.text(
            "SELECT id, unit_id, form_id, venue_kind, date_from, title, place FROM propaganda_activities"
            " WHERE nature = 'event' ORDER BY created_at, id"
        )
    ).all()
    for row in rows:
        key = _event_key(row)
        if (row.unit_id, key) not in seen:
            seen.add((row.unit_id, key))
            connection.execute(
                sa.text("UPDATE propaganda_activities SET event_key = :key WHERE id = :id"), {"key": key, "id": row.id}
            )
    for row in connection.execute(
        sa.text("SELECT id, recipient_kind, recipient_unit_id, recipient_name, recipient_is_unit FROM awards")
    ).all():
        connection.execute(
            sa.text("UPDATE awards SET claim = :claim WHERE id = :id"), {"claim": _claim(row), "id": row.id}
        )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("directives", sa.Column("number_key", sa.String(length=200), nullable=True))
    op.add_column("propaganda_activities", sa.Column("event_key", sa.String(length=64), nullable=True))
    for table in _FILLED:  # the fence holds for the owner too, and hides every row from who has no scope
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    _fill()
    for table in _FILLED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.alter_column("directives", "number_key", nullable=False)
    op.drop_constraint("uq_directives_unit_id_number_symbol_issued_on", "directives", type_="unique")
    op.create_unique_constraint(
        "uq_directives_unit_id_number_key_issued_on", "directives", ["unit_id", "number_key", "issued_on"]
    )
    op.create_unique_constraint(
        "uq_propaganda_activities_unit_id_event_key", "propaganda_activities", ["unit_id", "event_key"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("uq_propaganda_activities_unit_id_event_key", "propaganda_activities", type_="unique")
    op.drop_constraint("uq_directives_unit_id_number_key_issued_on", "directives", type_="unique")
    op.create_unique_constraint(
        "uq_directives_unit_id_number_symbol_issued_on", "directives", ["unit_id", "number_symbol", "issued_on"]
    )
    op.drop_column("propaganda_activities", "event_key")
    op.drop_column("directives", "number_key")
