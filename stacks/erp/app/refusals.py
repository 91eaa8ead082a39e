"""Says in a person's words why PostgreSQL refused something for the licence's sake.

The web client shows an error of the database as a box without words; a UserError it shows as it is written.
"""

import json
import re
from pathlib import Path

import psycopg2
from trytond.exceptions import UserError
from trytond.wsgi import app

# What the appliance's guard raises when one more user would be active.
GUARD_STATE = "DL001"
GUARD_MESSAGE = re.compile(r"LICENCE_USERS: (?P<message>(?:(?P<used>\d+) of (?P<allowed>\d+))?.*)")
# Writing is what an appliance takes away from the server in read-only standing, and nothing else is ever missing.
DENIED_STATE = "42501"
DENIED_MESSAGE = re.compile(r"permission denied for (table|sequence) ")

TEXTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in Path(__file__).with_name("texts").glob("*.json")
}
DEFAULT = "en"


@app.error_handler
def say_why(app, request, error):
    """Tryton's own way of answering otherwise for an exception; None leaves the answer as it is."""
    refusal = refusal_of(error, language_of(request))
    return refusal and app.make_response(request, refusal)


def refusal_of(error, language):
    if not isinstance(error, psycopg2.Error):
        return None
    raised = error.diag.message_primary or ""
    texts = TEXTS.get(language, TEXTS[DEFAULT])
    guard = error.pgcode == GUARD_STATE and GUARD_MESSAGE.match(raised)
    if guard:
        return UserError(texts["usersTitle"], texts["usersText"].format(**guard.groupdict(default="?")))
    if error.pgcode == DENIED_STATE and DENIED_MESSAGE.match(raised):
        return UserError(texts["readOnlyTitle"], texts["readOnlyText"])
    return None


def language_of(request):
    """The language the user works in, which clients send along with each call; else the browser's."""
    try:
        language = request.rpc_params[-1]["language"]
    except (TypeError, KeyError, IndexError):
        language = request.accept_languages.best_match(list(TEXTS))
    return str(language or DEFAULT).partition("_")[0].partition("-")[0]
