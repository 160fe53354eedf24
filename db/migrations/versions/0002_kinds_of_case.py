"""opinions, help orders, errands and disputes beside the wishes"""

import sqlalchemy as sa
from alembic import op
from db.types import PathText
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    op.create_table('callback_draw',
    sa.Column('month_on', sa.Date(), nullable=False),
    sa.Column('seed', sa.String(), nullable=False),
    sa.Column('closed', sa.Integer(), nullable=False),
    sa.Column('reachable', sa.Integer(), nullable=False),
    sa.Column('drawn', sa.Integer(), nullable=False),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('drawn >= 0 AND drawn <= reachable AND reachable <= closed', name='draw_whole'),
    sa.PrimaryKeyConstraint('month_on')
    )
    op.create_table('retention',
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.CheckConstraint('months BETWEEN 1 AND 120', name='months_sane'),
    sa.PrimaryKeyConstraint('kind')
    )
    op.create_table('retention_run',
    sa.Column('day_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('cases', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('day_on', 'kind')
    )
    op.create_table('station',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('names', sa.JSON(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_station_area_path', 'station', ['area_path'], unique=False)

    op.create_table('errand',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('names', sa.JSON(), nullable=False),
    sa.Column('bring', sa.JSON(), nullable=False),
    sa.Column('who', sa.JSON(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('at_home', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint('minutes > 0', name='minutes_positive'),
    sa.ForeignKeyConstraint(['category'], ['category.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('skill',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['category'], ['category.code'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('person_id', 'category')
    )
    op.create_table('slot',
    sa.Column('station_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.CheckConstraint('taken >= 0 AND taken <= places', name='not_oversold'),
    sa.ForeignKeyConstraint(['station_id'], ['station.id'], ),
    sa.PrimaryKeyConstraint('station_id', 'starts_at')
    )
    op.create_table('station_day',
    sa.Column('station_id', sa.Integer(), nullable=False),
    sa.Column('day_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['station_id'], ['station.id'], ),
    sa.PrimaryKeyConstraint('station_id', 'day_on')
    )
    op.create_table('station_hours',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('station_id', sa.Integer(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('opens_minute', sa.Integer(), nullable=False),
    sa.Column('closes_minute', sa.Integer(), nullable=False),
    sa.Column('slot_minutes', sa.Integer(), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.CheckConstraint('opens_minute >= 0 AND closes_minute <= 1440 AND opens_minute < closes_minute', name='open'),
    sa.CheckConstraint('slot_minutes > 0 AND places > 0', name='places_positive'),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6', name='weekday_real'),
    sa.ForeignKeyConstraint(['station_id'], ['station.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('station_id', 'weekday', 'opens_minute', name='hours_once')
    )
    op.create_index('ix_station_hours_station_id', 'station_hours', ['station_id'], unique=False)

    op.create_table('errand_station',
    sa.Column('errand_id', sa.Integer(), nullable=False),
    sa.Column('station_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['errand_id'], ['errand.id'], ),
    sa.ForeignKeyConstraint(['station_id'], ['station.id'], ),
    sa.PrimaryKeyConstraint('errand_id', 'station_id')
    )
    op.create_index('ix_errand_station_station_id', 'errand_station', ['station_id'], unique=False)

    op.create_table('agreement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('written_by', sa.Integer(), nullable=True),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['written_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'number', name='agreement_number')
    )
    op.create_index('ix_agreement_case_id', 'agreement', ['case_id'], unique=False)

    op.create_table('appeal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('private', sa.Boolean(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('act', sa.String(), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('says', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['decided_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'decided_at', name='appeal_once')
    )
    op.create_index('appeals_of_area', 'appeal', ['state', 'area_path', 'id'], unique=False)
    op.create_index('ix_appeal_case_id', 'appeal', ['case_id'], unique=False)

    op.create_table('callback',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('month_on', sa.Date(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('private', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('stars', sa.Integer(), nullable=False),
    sa.Column('word', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('stars BETWEEN 0 AND 5', name='callback_stars'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['month_on'], ['callback_draw.month_on'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', name='callback_once')
    )
    op.create_index('callbacks_of_area', 'callback', ['state', 'area_path', 'id'], unique=False)
    op.create_index('ix_callback_month_on', 'callback', ['month_on'], unique=False)

    op.create_table('no_show',
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('case_id', 'person_id')
    )
    op.create_index('ix_no_show_person_id', 'no_show', ['person_id'], unique=False)

    op.create_table('party',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('name_sealed', sa.String(), nullable=True),
    sa.Column('name_mask', sa.String(), nullable=False),
    sa.Column('phone_sealed', sa.String(), nullable=True),
    sa.Column('phone_mask', sa.String(), nullable=False),
    sa.Column('brought_it', sa.Boolean(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_party_case_id', 'party', ['case_id'], unique=False)
    op.create_index('ix_party_person_id', 'party', ['person_id'], unique=False)
    op.create_index('party_once', 'party', ['case_id', 'person_id'], unique=True, sqlite_where=sa.text('person_id IS NOT NULL'), postgresql_where=sa.text('person_id IS NOT NULL'))

    op.create_table('reply_flag',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('reply', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('seen_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("why IN ('template', 'repeated')", name='flag_reason'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['seen_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('flags_of_area', 'reply_flag', ['state', 'area_path', 'id'], unique=False)
    op.create_index('ix_reply_flag_case_id', 'reply_flag', ['case_id'], unique=False)

    op.create_table('sitting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('minutes', sa.String(), nullable=False),
    sa.Column('minutes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('called_off_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_sitting_case_id', 'sitting', ['case_id'], unique=False)

    op.create_table('sub_order',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('holder_id', sa.Integer(), nullable=True),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('reply', sa.String(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], ),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['holder_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['recorded_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_sub_order_case_id', 'sub_order', ['case_id'], unique=False)
    op.create_index('sub_orders_of_unit', 'sub_order', ['state', 'area_path', 'id'], unique=False)

    op.create_table('consent',
    sa.Column('agreement_id', sa.Integer(), nullable=False),
    sa.Column('party_id', sa.Integer(), nullable=False),
    sa.Column('how', sa.String(), nullable=False),
    sa.Column('recorded_by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], ),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], ),
    sa.ForeignKeyConstraint(['recorded_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('agreement_id', 'party_id')
    )
    op.create_table('offer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('party_id', sa.Integer(), nullable=True),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_offer_case_id', 'offer', ['case_id'], unique=False)

    op.create_table('recusal',
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('party_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('case_id', 'person_id')
    )
    op.create_table('seat',
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('station_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['station_id', 'starts_at'], ['slot.station_id', 'slot.starts_at'], ),
    sa.PrimaryKeyConstraint('case_id', 'station_id', 'starts_at')
    )
    # by hand: the columns bring their CHECKs along, since SQLite would have to write the table anew to add those later
    for column in (
        "private BOOLEAN NOT NULL DEFAULT false CONSTRAINT kind_private CHECK (kind IN ('wish', 'opinion') OR private)"
        " CONSTRAINT private_not_shown CHECK (NOT private OR standing = '')",
        "urgency INTEGER NOT NULL DEFAULT 0 CONSTRAINT urgency_in_range CHECK (urgency BETWEEN 0 AND 3)",
        "wave INTEGER NOT NULL DEFAULT 0",
        f"offered_at {moment}",
        "errand_id INTEGER REFERENCES errand (id)",
        "station_id INTEGER REFERENCES station (id)",
        f"slot_at {moment}",
        "scope VARCHAR NOT NULL DEFAULT ''",
        "unit_paths JSON NOT NULL DEFAULT '[]'",
        "party_ids JSON NOT NULL DEFAULT '[]'",
        "follow_up_on DATE",
        "answer_hash VARCHAR NOT NULL DEFAULT ''",
        "answered_by INTEGER",
        "claimed VARCHAR NOT NULL DEFAULT ''",
        "decided_by INTEGER",
        "back_stars INTEGER NOT NULL DEFAULT 0",
        "back_word VARCHAR NOT NULL DEFAULT ''",
        f"anonymised_at {moment}",
        f"desk_since_at {moment}",
        "handed_down BOOLEAN NOT NULL DEFAULT false",
    ):
        op.execute(f"ALTER TABLE cases ADD COLUMN {column}")
    op.create_index("closed_by_day", "cases", ["closed_at", "id"])
    op.create_index("desk_queue", "cases", ["desk_path", "state", "id"])
    answered = sa.text("answer_hash <> ''")
    op.create_index(
        "same_answer", "cases", ["answer_hash", "answered_at"], sqlite_where=answered, postgresql_where=answered
    )
    op.create_index("cases_of_station", "cases", ["station_id", "slot_at"])
    disputes = sa.text("kind = 'dispute'")
    op.create_index(
        "disputes", "cases", ["id", "state", "area_path", "follow_up_on"],
        sqlite_where=disputes, postgresql_where=disputes,
    )
    op.create_index(
        "hall",
        "cases",
        ["urgency", "id", "area_path", "wave", "category"],
        sqlite_where=sa.text("in_hall = 1"),
        postgresql_where=sa.text("in_hall"),
    )
    kept = sa.text("state IN ('closed', 'declined', 'referred', 'merged', 'withdrawn') AND anonymised_at IS NULL")
    op.create_index(
        "to_anonymise", "cases", ["kind", "closed_at", "updated_at", "id"], sqlite_where=kept, postgresql_where=kept
    )
    op.create_index("notice_of_case", "notice", ["case_id"])
    op.execute("UPDATE notice SET phone_sealed = NULL WHERE due_at IS NULL")  # kept no longer than until it is sent
    op.add_column("category", sa.Column("kind", sa.String(), nullable=False, server_default="wish"))
