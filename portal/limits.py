"""Every limit in one place: the pages show them, the rules enforce them, the tests read them."""

TITLE_CHARS = 60
BODY_CHARS = 2_000
COMMENT_CHARS = 500
NAME_CHARS = 40
SEARCH_CHARS = 100
ALT_CHARS = 120

PHOTO_BYTES = 10 * 1024 * 1024
PHOTO_PIXELS = 40_000_000
PHOTO_SIDE = 2_048
THUMB_SIDE = 480
PHOTOS_PER_CASE = 9
UPLOADS_AT_ONCE = 20
UPLOAD_BYTES_AT_ONCE = 120 * 1024 * 1024
"""What one open page may have in the server's memory before it is sent: two forms full of photos."""
UPLOADS_PER_HOUR = 60

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
ASKS_PER_CASE = 2
ASK_DAYS = 5
TARGET_HOURS = 8_760
REOPEN_DAYS = 15
RATING_DAYS = 15

PAGE_ROWS = 20
DESK_ROWS = 50
BULK_ROWS = 300
