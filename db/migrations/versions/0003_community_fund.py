"""the community fund"""

import sqlalchemy as sa
from alembic import op
from db import append_only
from db.types import PathText
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('overdraws', sa.Boolean(), nullable=False),
    sa.Column('balance_fen', sa.BigInteger(), nullable=False),
    sa.Column('moved_by', sa.Integer(), nullable=False),
    sa.CheckConstraint("NOT overdraws OR kind IN ('from_allocation', 'from_donation', 'from_sponsor')", name='only_sources_overdraw'),
    sa.CheckConstraint('overdraws OR balance_fen >= 0', name='not_overdrawn'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('owner', 'kind', name='account_once')
    )
    op.create_table('attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('thing', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('shown', sa.Boolean(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('ending', sa.String(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('bytes', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attachment_thing'), ['thing'], unique=False)

    op.create_table('fund',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('charity', sa.String(), nullable=False),
    sa.Column('charity_code', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('fund', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_fund_area_path'), ['area_path'], unique=False)

    op.create_table('round',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fund_id', sa.Integer(), nullable=False),
    sa.Column('area_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('budget_fen', sa.BigInteger(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('allowed', sa.JSON(), nullable=False),
    sa.Column('excluded', sa.JSON(), nullable=False),
    sa.Column('caps', sa.JSON(), nullable=False),
    sa.Column('least_fen', sa.BigInteger(), nullable=False),
    sa.Column('ballot_type', sa.String(), nullable=False),
    sa.Column('min_choices', sa.Integer(), nullable=False),
    sa.Column('max_choices', sa.Integer(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('scores', sa.JSON(), nullable=False),
    sa.Column('paper', sa.Boolean(), nullable=False),
    sa.Column('rule', sa.JSON(), nullable=False),
    sa.Column('returns_to', sa.String(), nullable=False),
    sa.Column('locked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('locked_hash', sa.String(), nullable=False),
    sa.Column('seed', sa.String(), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state NOT IN ('balloting', 'reviewing_ballots', 'finished') OR (locked_at IS NOT NULL AND seed <> '')", name='locked_before_voting'),
    sa.CheckConstraint('budget_fen >= 0', name='budget_not_negative'),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], ),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_round_fund_id'), ['fund_id'], unique=False)
        batch_op.create_index('round_next', ['next_at'], unique=False)
        batch_op.create_index('round_of_area', ['area_path', 'id'], unique=False)

    op.create_table('ballot_draft',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('choices_sealed', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('round_id', 'person_id')
    )
    op.create_table('outcome',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('box', sa.LargeBinary(), nullable=False),
    sa.Column('box_hash', sa.String(), nullable=False),
    sa.Column('receipts', sa.LargeBinary(), nullable=False),
    sa.Column('receipts_hash', sa.String(), nullable=False),
    sa.Column('voters', sa.Integer(), nullable=False),
    sa.Column('paper', sa.Integer(), nullable=False),
    sa.Column('roster', sa.Integer(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('round_id')
    )
    op.create_table('paper',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('first_sealed', sa.String(), nullable=True),
    sa.Column('first_by', sa.Integer(), nullable=False),
    sa.Column('second_sealed', sa.String(), nullable=True),
    sa.Column('second_by', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state <> 'agreed' OR second_by IS NOT NULL", name='agreed_by_two'),
    sa.CheckConstraint('second_by IS NULL OR second_by <> first_by', name='two_readers'),
    sa.ForeignKeyConstraint(['first_by'], ['person.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.ForeignKeyConstraint(['second_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('round_id', 'number', name='paper_number')
    )
    with op.batch_alter_table('paper', schema=None) as batch_op:
        batch_op.create_index('paper_by_state', ['round_id', 'state', 'id'], unique=False)

    op.create_table('phase_plan',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('phase', sa.String(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('round_id', 'phase')
    )
    op.create_table('voter',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('cell_id', sa.Integer(), nullable=True),
    sa.Column('entered_by', sa.Integer(), nullable=True),
    sa.Column('voted_how', sa.String(), nullable=False),
    sa.Column('voted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(voted_how = '') = (voted_at IS NULL)", name='voted_somehow'),
    sa.CheckConstraint("voted_how IN ('', 'web', 'paper')", name='voted_how_known'),
    sa.ForeignKeyConstraint(['cell_id'], ['area.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('round_id', 'person_id')
    )
    with op.batch_alter_table('voter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_voter_person_id'), ['person_id'], unique=False)

    op.create_table('ballot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('paper_id', sa.Integer(), nullable=True),
    sa.Column('choices_sealed', sa.String(), nullable=True),
    sa.Column('receipt_hash', sa.String(), nullable=False),
    sa.Column('cast_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(person_id IS NULL) = (paper_id IS NOT NULL)', name='somebody_or_paper'),
    sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('paper_id'),
    sa.UniqueConstraint('receipt_hash'),
    sa.UniqueConstraint('round_id', 'person_id', name='one_ballot')
    )
    with op.batch_alter_table('ballot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ballot_person_id'), ['person_id'], unique=False)

    op.create_table('project',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('need', sa.String(), nullable=False),
    sa.Column('beneficiaries', sa.String(), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('cell_id', sa.Integer(), nullable=True),
    sa.Column('lon', sa.Float(), nullable=True),
    sa.Column('lat', sa.Float(), nullable=True),
    sa.Column('proposer_id', sa.Integer(), nullable=True),
    sa.Column('organization', sa.String(), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.Column('cost_fen', sa.BigInteger(), nullable=False),
    sa.Column('typed_lines', sa.JSON(), nullable=False),
    sa.Column('broken_rule', sa.String(), nullable=False),
    sa.Column('valuation', sa.String(), nullable=False),
    sa.Column('deliberation', sa.String(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('late_told_on', sa.Date(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state NOT IN ('on_ballot', 'funded', 'not_funded') OR number IS NOT NULL", name='on_ballot_numbered'),
    sa.CheckConstraint('cost_fen >= 0', name='cost_not_negative'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['cell_id'], ['area.id'], ),
    sa.ForeignKeyConstraint(['lead_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['proposer_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('round_id', 'number', name='ballot_number')
    )
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_lead_id'), ['lead_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_proposer_id'), ['proposer_id'], unique=False)
        batch_op.create_index('project_of_case', ['case_id'], unique=False)
        batch_op.create_index('project_of_round', ['round_id', 'state', 'id'], unique=False)

    op.create_table('cost_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('unit', sa.String(), nullable=False),
    sa.Column('unit_fen', sa.BigInteger(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('costed_fen', sa.BigInteger(), nullable=True),
    sa.Column('costed_note', sa.String(), nullable=False),
    sa.CheckConstraint('amount_fen > 0 AND unit_fen > 0 AND quantity > 0', name='line_positive'),
    sa.CheckConstraint('costed_fen IS NULL OR costed_fen >= 0', name='costed_not_negative'),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('cost_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cost_line_project_id'), ['project_id'], unique=False)

    op.create_table('milestone',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('planned_fen', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('report', sa.String(), nullable=False),
    sa.Column('reported_by', sa.Integer(), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_by', sa.Integer(), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('planned_fen >= 0', name='planned_not_negative'),
    sa.ForeignKeyConstraint(['accepted_by'], ['person.id'], ),
    sa.ForeignKeyConstraint(['lead_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.ForeignKeyConstraint(['reported_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('project_id', 'position', name='milestone_position')
    )
    with op.batch_alter_table('milestone', schema=None) as batch_op:
        batch_op.create_index('milestone_due', ['due_on'], unique=False, sqlite_where=sa.text("state = 'planned'"), postgresql_where=sa.text("state = 'planned'"))

    op.create_table('pledge',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fund_id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('hours', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('named', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind <> 'hours' OR hours > 0", name='hours_positive'),
    sa.CheckConstraint("kind IN ('things', 'hours')", name='no_money'),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('pledge', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pledge_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pledge_project_id'), ['project_id'], unique=False)
        batch_op.create_index('pledge_of_fund', ['fund_id', 'id'], unique=False)

    op.create_table('project_follow',
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.PrimaryKeyConstraint('project_id', 'person_id')
    )
    with op.batch_alter_table('project_follow', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_follow_person_id'), ['person_id'], unique=False)

    op.create_table('rival',
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('group_no', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('project_id', 'group_no')
    )
    with op.batch_alter_table('rival', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rival_round_id'), ['round_id'], unique=False)

    op.create_table('money_order',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('fund_id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=True),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('milestone_id', sa.Integer(), nullable=True),
    sa.Column('area_path', PathText(), nullable=False),
    sa.Column('debit_id', sa.Integer(), nullable=False),
    sa.Column('credit_id', sa.Integer(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('reverses_id', sa.Integer(), nullable=True),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=True),
    sa.Column('charity', sa.String(), nullable=False),
    sa.Column('voucher', sa.String(), nullable=False),
    sa.Column('payee', sa.String(), nullable=False),
    sa.Column('payee_sealed', sa.String(), nullable=True),
    sa.Column('donor_sealed', sa.String(), nullable=True),
    sa.Column('donor_shown', sa.String(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state NOT IN ('posted', 'reversed') OR decided_by IS NOT NULL", name='approved_by_somebody'),
    sa.CheckConstraint('amount_fen > 0', name='order_amount_positive'),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> author_id', name='two_people'),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['credit_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['debit_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['decided_by'], ['person.id'], ),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], ),
    sa.ForeignKeyConstraint(['milestone_id'], ['milestone.id'], ),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key')
    )
    with op.batch_alter_table('money_order', schema=None) as batch_op:
        batch_op.create_index('one_correction', ['reverses_id'], unique=True, sqlite_where=sa.text("reverses_id IS NOT NULL AND state IN ('proposed', 'posted')"), postgresql_where=sa.text("reverses_id IS NOT NULL AND state IN ('proposed', 'posted')"))
        batch_op.create_index('one_instalment', ['milestone_id'], unique=True, sqlite_where=sa.text("kind = 'instalment' AND state IN ('proposed', 'posted')"), postgresql_where=sa.text("kind = 'instalment' AND state IN ('proposed', 'posted')"))
        batch_op.create_index('order_of_fund', ['fund_id', 'id'], unique=False)
        batch_op.create_index('order_of_kind', ['fund_id', 'kind', 'id'], unique=False)
        batch_op.create_index('order_of_project', ['project_id', 'id'], unique=False)
        batch_op.create_index('order_waiting', ['area_path', 'id'], unique=False, sqlite_where=sa.text("state = 'proposed'"), postgresql_where=sa.text("state = 'proposed'"))

    op.create_table('spending',
    sa.Column('order_id', sa.Integer(), nullable=False),
    sa.Column('line_id', sa.Integer(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name='spending_positive'),
    sa.ForeignKeyConstraint(['line_id'], ['cost_line.id'], ),
    sa.ForeignKeyConstraint(['order_id'], ['money_order.id'], ),
    sa.PrimaryKeyConstraint('order_id', 'line_id')
    )
    with op.batch_alter_table('spending', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_spending_line_id'), ['line_id'], unique=False)

    op.create_table('transfer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('debit_id', sa.Integer(), nullable=False),
    sa.Column('credit_id', sa.Integer(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=True),
    sa.Column('reverses_id', sa.Integer(), nullable=True),
    sa.Column('fund_id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=True),
    sa.Column('project_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'correction') = (reverses_id IS NOT NULL)", name='correction_of_something'),
    sa.CheckConstraint("kind = 'award' OR order_id IS NOT NULL", name='ordered'),
    sa.CheckConstraint('amount_fen > 0', name='amount_positive'),
    sa.CheckConstraint('debit_id <> credit_id', name='two_sides'),
    sa.ForeignKeyConstraint(['credit_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['debit_id'], ['account.id'], ),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], ),
    sa.ForeignKeyConstraint(['order_id'], ['money_order.id'], ),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], ),
    sa.ForeignKeyConstraint(['reverses_id'], ['transfer.id'], ),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('order_id'),
    sa.UniqueConstraint('reverses_id')
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transfer_credit_id'), ['credit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_debit_id'), ['debit_id'], unique=False)
        batch_op.create_index('one_award', ['project_id'], unique=True, sqlite_where=sa.text("kind = 'award'"), postgresql_where=sa.text("kind = 'award'"))
        batch_op.create_index('transfer_of_fund', ['fund_id', 'id'], unique=False)
        batch_op.create_index('transfer_of_project', ['project_id', 'id'], unique=False)
        batch_op.create_index('transfer_of_round', ['round_id', 'id'], unique=False)

    op.add_column("notice", sa.Column("href", sa.String(), nullable=False, server_default=""))
    append_only.create_fund(op.get_bind())
