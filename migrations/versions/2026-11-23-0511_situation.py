"""Situation figures, with their catalogue of indicators.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from migrations.fence import fence, fence_writes

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


# The part of a ratio is contained in its whole (cases resolved among cases received), for each unit and window. Asked
# at the end of the transaction, since both may change in it; one writer per unit at a time, so that neither of two
# overlooks the other.
_PART_OF_WHOLE = """
CREATE FUNCTION situation_part_of_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM indicators AS r WHERE NEW.indicator_id IN (r.part_id, r.whole_id)) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(324, hashtext(NEW.unit_id::text));
    IF EXISTS (
        SELECT FROM indicators AS r
        JOIN situation_figures AS p ON p.indicator_id = r.part_id
        JOIN situation_figures AS w ON w.indicator_id = r.whole_id
            AND w.unit_id = p.unit_id AND w.campaign_id = p.campaign_id
        WHERE NEW.indicator_id IN (r.part_id, r.whole_id)
          AND p.unit_id = NEW.unit_id AND p.campaign_id = NEW.campaign_id
          AND (p.before_value > w.before_value OR p.after_value > w.after_value)
    ) THEN
        RAISE EXCEPTION 'a part exceeds its whole'
            USING ERRCODE = '23514', CONSTRAINT = 'ck_situation_figures_part_of_whole';
    END IF;
    RETURN NULL;
END
$$
"""
_TRIGGER = (
    "CREATE CONSTRAINT TRIGGER situation_part_of_whole AFTER INSERT OR UPDATE ON situation_figures"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION situation_part_of_whole()"
)

# What a used indicator means stays. Who changes one has locked it FOR UPDATE, for which a figure that is just being
# inserted makes him wait. A ratio is used by the figures of its part and its whole.
_MEANING = """
CREATE FUNCTION indicator_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.unit_id, OLD.code, OLD.title_vi, OLD.title_en, OLD.unit_of_count, OLD.direction, OLD.kind, OLD.part_id,
        OLD.whole_id, OLD.source, OLD.valid_from)
       IS DISTINCT FROM
       (NEW.unit_id, NEW.code, NEW.title_vi, NEW.title_en, NEW.unit_of_count, NEW.direction, NEW.kind, NEW.part_id,
        NEW.whole_id, NEW.source, NEW.valid_from)
       AND EXISTS (SELECT FROM situation_figures AS f WHERE f.indicator_id IN (OLD.id, OLD.part_id, OLD.whole_id))
    THEN
        RAISE EXCEPTION 'a used indicator keeps its meaning'
            USING ERRCODE = '23514', CONSTRAINT = 'ck_indicators_used';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "indicators",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_vi", sa.String(length=300), nullable=False),
        sa.Column("title_en", sa.String(length=300), nullable=False),
        sa.Column("unit_of_count", sa.String(length=100), nullable=False),
        sa.Column("direction", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), server_default="count", nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=True),
        sa.Column("whole_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=20), server_default="proposal", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'ratio') = (part_id IS NOT NULL) AND (kind = 'ratio') = (whole_id IS NOT NULL) AND part_id <> whole_id",
            name=op.f("ck_indicators_ratio"),
        ),
        sa.CheckConstraint(
            "direction IN ('lower_is_better', 'higher_is_better')", name=op.f("ck_indicators_direction")
        ),
        sa.CheckConstraint("kind IN ('count', 'ratio')", name=op.f("ck_indicators_kind")),
        sa.CheckConstraint("source IN ('plan', 'proposal')", name=op.f("ck_indicators_source")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_indicators_valid")),
        sa.ForeignKeyConstraint(["part_id"], ["indicators.id"], name=op.f("fk_indicators_part_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_indicators_unit", onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(["whole_id"], ["indicators.id"], name=op.f("fk_indicators_whole_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicators")),
        sa.UniqueConstraint("unit_id", "code", name="uq_indicators_unit_code"),
    )
    op.create_index("ix_indicators_part_id", "indicators", ["part_id"], unique=False)
    op.create_index("ix_indicators_unit_path", "indicators", ["unit_path"], unique=False)
    op.create_index("ix_indicators_updated_at", "indicators", ["updated_at", "id"], unique=False)
    op.create_index("ix_indicators_whole_id", "indicators", ["whole_id"], unique=False)
    op.create_table(
        "situation_figures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("before_value", sa.BigInteger(), nullable=True),
        sa.Column("after_value", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("after_value BETWEEN 0 AND 100000000", name=op.f("ck_situation_figures_after_value")),
        sa.CheckConstraint("before_value BETWEEN 0 AND 100000000", name=op.f("ck_situation_figures_before_value")),
        sa.CheckConstraint(
            "before_value IS NOT NULL OR after_value IS NOT NULL", name=op.f("ck_situation_figures_a_value")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_situation_figures_campaign_id")),
        sa.ForeignKeyConstraint(["indicator_id"], ["indicators.id"], name=op.f("fk_situation_figures_indicator_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_situation_figures_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_situation_figures")),
        sa.UniqueConstraint(
            "unit_id", "campaign_id", "indicator_id", name="uq_situation_figures_unit_campaign_indicator"
        ),
    )
    op.create_index("ix_situation_figures_campaign_id", "situation_figures", ["campaign_id", "unit_path"], unique=False)
    op.create_index("ix_situation_figures_indicator_id", "situation_figures", ["indicator_id"], unique=False)
    op.create_index("ix_situation_figures_unit_path", "situation_figures", ["unit_path"], unique=False)
    op.create_index("ix_situation_figures_updated_at", "situation_figures", ["updated_at", "id"], unique=False)
    op.execute(_PART_OF_WHOLE)
    op.execute(_TRIGGER)
    op.execute(_MEANING)
    op.execute(
        "CREATE TRIGGER indicator_used BEFORE UPDATE ON indicators FOR EACH ROW EXECUTE FUNCTION indicator_used()"
    )
    fence_writes("indicators", commands="SELECT, INSERT, UPDATE")
    fence("situation_figures")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_situation_figures_updated_at", table_name="situation_figures")
    op.drop_index("ix_situation_figures_unit_path", table_name="situation_figures")
    op.drop_index("ix_situation_figures_indicator_id", table_name="situation_figures")
    op.drop_index("ix_situation_figures_campaign_id", table_name="situation_figures")
    op.drop_table("situation_figures")
    op.drop_index("ix_indicators_whole_id", table_name="indicators")
    op.drop_index("ix_indicators_updated_at", table_name="indicators")
    op.drop_index("ix_indicators_unit_path", table_name="indicators")
    op.drop_index("ix_indicators_part_id", table_name="indicators")
    op.drop_table("indicators")
    op.execute("DROP FUNCTION situation_part_of_whole()")
    op.execute("DROP FUNCTION indicator_used()")
