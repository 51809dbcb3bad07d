-- One row per branch. `checksum` covers all other columns but `id`.
CREATE TABLE branch (
    id       INTEGER PRIMARY KEY,
    scope    TEXT    NOT NULL,
    project  TEXT    NOT NULL,
    branch   TEXT    NOT NULL,
    epoch    INTEGER NOT NULL, -- of the newest lease
    head     INTEGER NOT NULL, -- number of the last record
    checksum BLOB    NOT NULL,
    UNIQUE (scope, project, branch)
) STRICT;

-- The logs. A row is never changed. `checksum` covers all other columns.
CREATE TABLE record (
    branch   INTEGER NOT NULL REFERENCES branch (id),
    seq      INTEGER NOT NULL,
    epoch    INTEGER NOT NULL, -- of the lease it was written with
    at_ms    INTEGER NOT NULL,
    body     TEXT    NOT NULL, -- JSON
    checksum BLOB    NOT NULL,
    kind     TEXT GENERATED ALWAYS AS (body ->> '$.type') VIRTUAL,
    PRIMARY KEY (branch, seq)
) STRICT, WITHOUT ROWID;

-- Contents by their BLAKE3 hash, apart for each scope.
CREATE TABLE blob (
    scope   TEXT NOT NULL,
    digest  BLOB NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (scope, digest)
) STRICT, WITHOUT ROWID;

-- What people told a run, in the order of `n`. `taken` is the number of the last record of the batch that took it.
-- `checksum` covers all other columns but `n`.
CREATE TABLE signal (
    n        INTEGER PRIMARY KEY,
    branch   INTEGER NOT NULL REFERENCES branch (id),
    id       TEXT    NOT NULL,
    at_ms    INTEGER NOT NULL,
    body     TEXT    NOT NULL, -- JSON
    taken    INTEGER,
    checksum BLOB    NOT NULL,
    UNIQUE (branch, id)
) STRICT;

CREATE INDEX signal_open ON signal (branch, n) WHERE taken IS NULL;
