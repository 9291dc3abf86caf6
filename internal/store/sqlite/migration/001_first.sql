-- The first form of the store. Times are nanoseconds since 1970, UTC; NULL is no time.

-- "billow" as far as four bytes can say it, so that another program's database is known to be one.
PRAGMA application_id = 0x626c6c77;

CREATE TABLE run (
    id      TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    plan    TEXT    NOT NULL,
    plan_id TEXT    NOT NULL,
    status  TEXT    NOT NULL,
    started INTEGER,
    ended   INTEGER,
    total   INTEGER NOT NULL CHECK (total >= 0),
    done    INTEGER NOT NULL CHECK (done >= 0),
    failed  INTEGER NOT NULL CHECK (failed >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_by_plan ON run (plan, started);

-- body is compressed with deflate; size is its length before.
CREATE TABLE blob (
    hash TEXT    NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    size INTEGER NOT NULL CHECK (size >= 0),
    body BLOB    NOT NULL
) STRICT;

CREATE TABLE snapshot (
    run  TEXT    NOT NULL PRIMARY KEY CHECK (run <> ''),
    seq  INTEGER NOT NULL CHECK (seq >= 0),
    body BLOB    NOT NULL
) STRICT;

CREATE TABLE projection (
    plan TEXT    NOT NULL PRIMARY KEY,
    run  TEXT    NOT NULL,
    seq  INTEGER NOT NULL CHECK (seq >= 0),
    hash TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- took is in nanoseconds.
CREATE TABLE duration (
    plan TEXT    NOT NULL,
    task TEXT    NOT NULL,
    took INTEGER NOT NULL CHECK (took >= 0),
    PRIMARY KEY (plan, task)
) STRICT, WITHOUT ROWID;
