"""What can be done to a person, a duty or a session, as declared rows. None of them is readable by the public."""

from portal.acts import declare

JOIN = declare("person.join", "anyone", public=False)
RENAME = declare("person.rename", "self", public=False)
SET_PASSWORD = declare("person.set_password", "self", public=False)
ENROL_TOTP = declare("person.enrol_totp", "self", public=False)
RESET_TOTP = declare("person.reset_totp", "admin_for_others", public=False)
ASK_HOME = declare("person.ask_home", "self", public=False)
CONFIRM_HOME = declare("person.confirm_home", "staff_for_others", public=False)
REFUSE_HOME = declare("person.refuse_home", "staff_for_others", says="required", public=False)
BLOCK = declare("person.block", "admin_for_others", says="required", public=False)
UNBLOCK = declare("person.unblock", "admin_for_others", says="optional", public=False)
FIND = declare("person.find", "staff admin", public=False)
LOOK_UP = declare("person.look_up", "staff grid_worker", public=False)
ENTER = declare("person.enter", "staff grid_worker", public=False)
END_SESSIONS = declare("session.end", "self admin_for_others", public=False)

GRANT = declare("duty.grant", "admin_for_others system", public=False)
REVOKE = declare("duty.revoke", "admin_for_others", public=False)
