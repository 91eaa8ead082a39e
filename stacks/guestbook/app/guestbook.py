#!/usr/bin/python3
"""A guest book: one page that lists entries and takes new ones. `guestbook.py serve | initialize | migrate | selftest`.

The server logs in as a role that may read and write rows; the tables belong to another role, which only `initialize` and
`migrate` use. Passwords are read from files, never from the environment.
"""

import json
import os
import sys
from contextlib import contextmanager, suppress
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from signal import SIGTERM, signal
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode
from urllib.request import urlopen
from uuid import uuid4

import psycopg2

SERVER = ("guestbook_app", "/run/secrets/database_password")
OWNER = ("guestbook", "/run/secrets/database_owner_password")

# What each version added, oldest first. A step that has run is never changed; a later version appends.
SCHEMA = [
    """CREATE TABLE IF NOT EXISTS entry (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         name text NOT NULL,
         message text NOT NULL,
         written timestamptz NOT NULL DEFAULT now()
       )""",
    "CREATE INDEX IF NOT EXISTS entry_written ON entry (written)",
]

LONGEST_BODY = 16 * 1024

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Guest book</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}}
label{{display:block}}input,textarea{{width:100%;box-sizing:border-box}}li{{margin-bottom:1rem}}</style></head>
<body><h1>{greeting}</h1>
<form method="post" action="/">
<label>Name <input name="name" required maxlength="80"></label>
<label>Message <textarea name="message" required maxlength="1000"></textarea></label>
<button>Sign</button>
</form>
<ul>{entries}</ul></body></html>
"""
ENTRY = "<li><strong>{}</strong>, {:%Y-%m-%d %H:%M} UTC<br>{}</li>"


@contextmanager
def database(role):
    """A connection for one transaction: committed at the end, rolled back on an error."""
    user, password_file = role
    with open(password_file, encoding="utf-8") as file:
        password = file.readline().rstrip("\n")
    connection = psycopg2.connect(
        host="postgres", dbname="guestbook", user=user, password=password, connect_timeout=3, options="-c timezone=UTC"
    )
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def create_what_is_missing():
    with database(OWNER) as cursor:
        for step in SCHEMA:
            cursor.execute(step)


class GuestBook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "guestbook"
    sys_version = ""

    def handle(self):
        """A visitor, or a health check, that has gone before the answer is no failure."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self):
        if self.path == "/health":
            self.answer_from_database(lambda cursor: cursor.execute("SELECT 1"), lambda _: self.send(200, "ok\n"))
        elif self.is_for_the_page():
            self.answer_from_database(newest_entries, lambda entries: self.send(200, page(entries), "text/html"))
        else:
            self.send(404, "There is no such page.\n")

    def do_POST(self):
        entry = self.sent_entry()
        if entry is None:
            self.close_connection = True
            self.send(400, "An entry needs a name and a message.\n")
        else:
            self.answer_from_database(
                lambda cursor: cursor.execute("INSERT INTO entry (name, message) VALUES (%s, %s)", entry),
                lambda _: self.send(303, "", location="/"),
            )

    def is_for_the_page(self):
        return self.path.partition("?")[0] == "/"

    def sent_entry(self):
        """(name, message) as sent by the form, or None when it is not an entry."""
        length = self.headers.get("Content-Length", "")
        if not self.is_for_the_page() or not length.isdigit() or int(length) > LONGEST_BODY:
            return None
        form = parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace").replace("\0", ""))
        name = form.get("name", [""])[0].strip()[:80]
        message = form.get("message", [""])[0].strip()[:1000]
        return (name, message) if name and message else None

    def answer_from_database(self, ask, answer):
        try:
            with database(SERVER) as cursor:
                found = ask(cursor)
        except (psycopg2.Error, OSError) as error:
            print(f"guestbook: {type(error).__name__}: {error}".rstrip(), file=sys.stderr, flush=True)
            self.send(503, "The guest book cannot reach its database, or may not write to it at the moment.\n")
        else:
            answer(found)

    def send(self, status, body, kind="text/plain", location=None):
        content = body.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """The gateway logs requests; once is enough."""


def newest_entries(cursor):
    cursor.execute("SELECT name, written, message FROM entry ORDER BY written DESC, id DESC LIMIT 100")
    return cursor.fetchall()


def page(entries):
    listed = "".join(ENTRY.format(escape(name), written, escape(message)) for name, written, message in entries)
    return PAGE.format(greeting=escape(os.environ.get("GREETING", "Welcome")), entries=listed)


def serve():
    signal(SIGTERM, lambda *_: sys.exit(0))
    server = ThreadingHTTPServer(("", 8000), GuestBook)
    print("guestbook: listening on port 8000", file=sys.stderr, flush=True)
    server.serve_forever()


def try_reading(page):
    with urlopen(page, timeout=30) as answer:
        return "done", f"{len(answer.read())} bytes"


def try_writing(page):
    """Only ever on a scratch copy. Who signs is told when nothing may be written; the entry must then not be there."""
    message = f"Self-test {uuid4()}"
    try:
        urlopen(page, urlencode({"name": "Self-test", "message": message}).encode(), timeout=30).close()
        outcome, detail = "done", "an entry"
    except HTTPError as error:
        outcome, detail = "refused", error.read().decode("utf-8", "replace").strip()
    with urlopen(page, timeout=30) as answer:
        is_there = message in answer.read().decode("utf-8")
    return (outcome, detail) if is_there == (outcome == "done") else ("failed", f"{outcome}, and yet: {is_there}")


def selftest():
    """What a visitor does, one JSON line each: the checks of `license selftest` that a guest book knows."""
    asked = dict(argument.split("=", 1) for argument in sys.argv[2:])
    for check, work in {"read": try_reading, "write": try_writing}.items():
        if check in asked:
            outcome, detail = work(f"{asked['application']}/")
            print(json.dumps({"check": check, "outcome": outcome, "detail": detail}), flush=True)


COMMANDS = {
    "serve": serve,
    "initialize": create_what_is_missing,
    "migrate": create_what_is_missing,
    "selftest": selftest,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: guestbook.py {' | '.join(COMMANDS)}")
    COMMANDS[sys.argv[1]]()
