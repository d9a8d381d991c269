"""The full-text index: an FTS5 table on SQLite, token vectors with GIN on PostgreSQL. See `core.records.search`."""

from django.db import migrations

# The words are cut into tokens before they come here, so the tokenizer only has to leave them alone ("ascii" does, for any script).
FTS5 = "CREATE VIRTUAL TABLE core_search USING fts5(title, public, staff_title, staff, tokenize='ascii'{options})"
POSTGRESQL = """
CREATE TABLE core_search (id bigint PRIMARY KEY, public tsvector NOT NULL, staff tsvector NOT NULL);
CREATE INDEX core_search_public ON core_search USING gin (public);
CREATE INDEX core_search_staff ON core_search USING gin (staff);
"""


def forwards(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    # Without its own copy of the text the index is half the size; rows can be taken out of such a table since SQLite 3.43.
    options = ", content='', contentless_delete=1" if connection.Database.sqlite_version_info >= (3, 43) else ""
    schema_editor.execute(FTS5.format(options=options))


def backwards(apps, schema_editor):
    schema_editor.execute("DROP TABLE core_search")


class Migration(migrations.Migration):
    dependencies = [("core", "0002_records")]

    operations = [migrations.RunPython(forwards, backwards)]
