"""Every limit in one place: the pages show them, the rules enforce them, the tests read them."""

TITLE_CHARS = 60
BODY_CHARS = 2_000
COMMENT_CHARS = 500
NAME_CHARS = 40
SEARCH_CHARS = 100
ALT_CHARS = 120
PARTIES_PER_DISPUTE = 10
FOLLOW_UP_DAYS = 365
"""No later than so many days after an agreement somebody asks whether it is kept."""

PHOTO_BYTES = 10 * 1024 * 1024
PHOTO_PIXELS = 40_000_000
PHOTO_SIDE = 2_048
THUMB_SIDE = 480
PHOTOS_PER_CASE = 9
UPLOADS_AT_ONCE = 20
UPLOAD_BYTES_AT_ONCE = 120 * 1024 * 1024
"""What one open page may have in the server's memory before it is sent: two forms full of photos."""
UPLOADS_PER_HOUR = 60

DOCUMENT_BYTES = 20 * 1024 * 1024
DOCUMENTS_PER_THING = 10

MONEY_FEN = 10_000_000_000
"""The most that is moved at once: 100,000,000 yuan."""
PURPOSE_CHARS = 200
PAYEE_CHARS = 60
VOUCHER_CHARS = 60
COST_LINES = 30
LINE_CHARS = 60
UNIT_CHARS = 10
QUANTITY = 1_000_000
PROPOSALS_PER_ROUND = 3
"""How many proposals one person may have in a round."""
PROPOSALS_ON_BALLOT = 300
RULES_PER_LIST = 30
RULE_CHARS = 120
MILESTONES = 20
PLEDGES_PER_DAY = 5
PLEDGE_HOURS = 1_000
PHASE_YEARS = 3
BALLOT_POINTS = 1_000
"""How many points one ballot can have to give away, and what one choice can be worth."""
SCORES = 30

BALLOTS_PER_HOUR = 60
"""How often somebody may cast a ballot anew: each time leaves a row in the chain."""
BALLOT_CHARS = 6_000
"""How long a ballot may be as it is sent."""
PAPERS_PER_BATCH = 100

IMPORT_BYTES = 10 * 1024 * 1024
IMPORT_ROWS = 10_000

AREA_CODE_CHARS = 40
AREA_OVERLAP_SHARE = 0.01
"""How much of an area may stick out of its parent or overlap a neighbour: drawn borders never match exactly."""
AREA_POPULATION = 2_000_000_000

WISHES_PER_HOUR = 5
WISHES_PER_DAY = 20
ANONYMOUS_PER_DAY = 3
SUPPORTS_PER_HOUR = 60
DRAFTS_PER_DAY = 20
BOOKINGS_PER_DAY = 10
BOOKINGS_OPEN = 5
"""How many errands one person may have booked at a time, so that nobody keeps the places from the others."""
BOOKING_DAYS = 14
STATION_PLACES = 50
ERRAND_MINUTES = 480
CLOSED_DAYS = 60
SIGN_IN_TRIES = 5
SIGN_IN_WINDOW_MINUTES = 15
CODES_PER_HOUR = 5
CODES_PER_CLIENT_PER_HOUR = 30  # a community hall shares one address
CODE_TRIES = 5
RECEIPT_LOOKUPS_PER_HOUR = 20
PHONE_LOOKUPS_PER_HOUR = 60  # one clerk with a queue all the way out of the door
COUNTER_MINUTES = 60
"""For how long a clerk has the person before them whose phone was given."""

PASSWORD_MIN_CHARS = 10
PASSWORD_MAX_CHARS = 200
CODE_MINUTES = 5
TICKET_SECONDS = 60
STAFF_IDLE_MINUTES = 30
STAFF_SESSION_HOURS = 12
RESIDENT_SESSION_DAYS = 14

HOLDS_PER_VOLUNTEER = 3
HOLD_HOURS = 48
HELP_HOLD_HOURS = {1: 48, 2: 4, 3: 1}
"""How long a help order is kept for the volunteer who took it, by its urgency."""
HELPS_PER_DAY = 5
WAVES = 3
WAVE_MINUTES = {1: 120, 2: 20, 3: 5}
"""After how long a help order that nobody took is offered to more volunteers, by its urgency."""
TOLD_PER_WAVE = 100
"""How many volunteers are told of an order at once; the others see it in the hall."""
NO_SHOW_MINUTES = 30
"""How long a volunteer has to come before it can be said that they did not."""
NO_SHOWS = 3
NO_SHOW_DAYS = 90
"""A volunteer who did not come so often in so many days takes no help orders for a while."""
ASKS_PER_CASE = 2
ASK_DAYS = 5
TARGET_HOURS = 8_760
REOPEN_DAYS = 15
RATING_DAYS = 15
CALLBACK_TRIES = 3
RETENTION_MONTHS = 120
EXPORTS_PER_DAY = 10
APPEAL_DAYS = 15
SAME_REPLIES = 3
SAME_REPLY_DAYS = 90
"""So often within so many days the same public reply may stand in other cases before a supervisor is told."""
OPINION_TITLE_CHARS = 40

PAGE_ROWS = 20
DESK_ROWS = 50
BULK_ROWS = 300
NEW_HOURS = 24
"""For how long what came to a desk counts as new there."""
UNITS_PER_CASE = 12
COUNT_ROWS = 1_000
"""A tab's count stops here, so that it costs the same on a bad day."""
