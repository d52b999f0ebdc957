"""The index of what notifications say, in the database's own way: no model knows of it.

Whoever lets Django make the table of notifications anew on SQLite (as a changed column does) has to
make the triggers again.
"""

from django.db import migrations, models

# What parts words, where the server's locale would have it a letter. All other characters are left
# to its parser, which takes for compounds (addresses, versions) what ASCII's marks join.
_SEPARATORS = (
    r"\u0001-/:-@\[-`{-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    r"\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\ufe00-\ufe0f"
)
_TEXT = "title || ' ' || sender || ' ' || body"
_FOLDED = rf"regexp_replace(lower(normalize({_TEXT}, NFKD)), '[\u0300-\u036f]+', '', 'g')"
_WORDS = f"regexp_replace({_FOLDED}, '[{_SEPARATORS}]+', ' ', 'g')"
# Other encodings have neither the function nor the characters.
_WORDS_OF_BYTES = rf"regexp_replace(lower({_TEXT}), '[\x01-/:-@\[-`{{-\x7f]+', ' ', 'g')"

# Entries wait in a list for others to go with; a long one would be read by each search.
_POSTGRESQL = """
ALTER TABLE notifications_notification
    ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple', %s)) STORED;
CREATE INDEX notifications_search ON notifications_notification
    USING gin (search) WITH (gin_pending_list_limit = 256);
"""
_POSTGRESQL_BACK = "ALTER TABLE notifications_notification DROP COLUMN search"

# The text stays where it is; what the index has to forget, it must be told as it was.
_FORGET = (
    "INSERT INTO notifications_search(notifications_search, rowid, title, body, sender) "
    "VALUES ('delete', old.id, old.title, old.body, old.sender);"
)
_LEARN = (
    "INSERT INTO notifications_search(rowid, title, body, sender) "
    "VALUES (new.id, new.title, new.body, new.sender);"
)
_SQLITE = [
    """
    CREATE VIRTUAL TABLE notifications_search USING fts5(
        title, body, sender,
        content='notifications_notification', content_rowid='id', columnsize=0, prefix='1 2 3',
        tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
    )
    """,
    f"""
    CREATE TRIGGER notifications_search_new AFTER INSERT ON notifications_notification
    BEGIN {_LEARN} END
    """,
    f"""
    CREATE TRIGGER notifications_search_edited
    AFTER UPDATE OF title, body, sender ON notifications_notification BEGIN {_FORGET} {_LEARN} END
    """,
    f"""
    CREATE TRIGGER notifications_search_gone AFTER DELETE ON notifications_notification
    BEGIN {_FORGET} END
    """,
    "INSERT INTO notifications_search(notifications_search) VALUES ('rebuild')",
]
# With the table, SQLite drops its triggers.
_SQLITE_BACK = [
    "DROP TRIGGER IF EXISTS notifications_search_new",
    "DROP TRIGGER IF EXISTS notifications_search_edited",
    "DROP TRIGGER IF EXISTS notifications_search_gone",
    "DROP TABLE IF EXISTS notifications_search",
]


def make(_apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        is_unicode = _one(connection, "SHOW server_encoding") == "UTF8"
        schema_editor.execute(_POSTGRESQL % (_WORDS if is_unicode else _WORDS_OF_BYTES))
    elif _one(connection, "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"):
        for statement in _SQLITE:
            schema_editor.execute(statement)


def take_back(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_POSTGRESQL_BACK)
        return
    for statement in _SQLITE_BACK:
        schema_editor.execute(statement)


def _one(connection, query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row and row[0]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["category", "level"], name="notifications_category"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["sender"], name="notifications_sender"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["level"], name="notifications_level_is"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["thread"], name="notifications_thread"),
        ),
        migrations.RunPython(make, take_back),
    ]
