"""Settings, URL root and server entry. Nothing imports this package; Django finds it by name."""

import sys

# Debian's SQLite 3.40 has two faults that matter here (a WAL race that can lose commits; LIKE on trigram tables misses two-character
# words), so the newer SQLite of the pysqlite3 wheel stands in wherever it can be installed. It must be in place before Django loads.
try:
    import pysqlite3
    import pysqlite3.dbapi2
except ImportError:  # no wheel for this platform: core/checks.py warns when the system's own SQLite is too old
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
