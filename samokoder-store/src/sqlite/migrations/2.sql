-- A branch may leave another one, `parent`, after its record `left_at`. `tip` is the link of the last record.
-- `checksum` covers all other columns but `id`.
ALTER TABLE branch ADD COLUMN name TEXT NOT NULL DEFAULT 'main';
ALTER TABLE branch ADD COLUMN parent INTEGER REFERENCES branch (id);
ALTER TABLE branch ADD COLUMN left_at INTEGER;
ALTER TABLE branch ADD COLUMN tip BLOB NOT NULL DEFAULT x'';

-- The logs. A row is never changed. `link` is the hash of all records of the log until there. In the order in which they
-- were written, so that pages fill up.
ALTER TABLE record RENAME TO record_1;
CREATE TABLE record (
    n      INTEGER PRIMARY KEY,
    branch INTEGER NOT NULL REFERENCES branch (id),
    seq    INTEGER NOT NULL,
    at_ms  INTEGER NOT NULL,
    body   TEXT    NOT NULL, -- JSON
    link   BLOB    NOT NULL,
    UNIQUE (branch, seq)
) STRICT;

-- Contents by their BLAKE3 hash before they were compressed, apart for each scope.
ALTER TABLE blob RENAME TO blob_1;
CREATE TABLE blob (
    n         INTEGER PRIMARY KEY,
    scope     TEXT    NOT NULL,
    digest    BLOB    NOT NULL,
    stored_ms INTEGER NOT NULL, -- when it was put in last
    codec     INTEGER NOT NULL, -- 0: as it is, 1: Zstandard
    size      INTEGER NOT NULL, -- before it was compressed
    content   BLOB    NOT NULL,
    UNIQUE (scope, digest)
) STRICT;
INSERT INTO blob (scope, digest, stored_ms, codec, size, content)
SELECT scope, digest, 0, 0, length(content), content FROM blob_1;
DROP TABLE blob_1;

-- What a log adds up to until its record `seq`. `checksum` covers `content`.
CREATE TABLE snapshot (
    n        INTEGER PRIMARY KEY,
    branch   INTEGER NOT NULL REFERENCES branch (id),
    seq      INTEGER NOT NULL,
    codec    INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    content  BLOB    NOT NULL,
    checksum BLOB    NOT NULL,
    UNIQUE (branch, seq)
) STRICT;

-- All that follows is made from the logs and can be made again.
CREATE TABLE project (
    scope      TEXT    NOT NULL,
    project    TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, project)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_by_time ON project (scope, created_ms, project);

CREATE TABLE summary (
    branch           INTEGER PRIMARY KEY REFERENCES branch (id),
    scope            TEXT    NOT NULL,
    project          TEXT    NOT NULL,
    applied          INTEGER NOT NULL, -- the last record that the tables know
    created_ms       INTEGER NOT NULL,
    updated_ms       INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    specified        INTEGER NOT NULL, -- 1 once the title is the specification's
    title            TEXT    NOT NULL,
    title_checksum   INTEGER NOT NULL,
    run_end          TEXT,             -- JSON
    run_end_checksum INTEGER NOT NULL,
    tasks            INTEGER NOT NULL,
    files            INTEGER NOT NULL,
    money            INTEGER NOT NULL,
    tokens           INTEGER NOT NULL,
    calls            INTEGER NOT NULL,
    checksum         INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE epic (
    branch      INTEGER NOT NULL REFERENCES branch (id),
    nth         INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    description TEXT    NOT NULL,
    checksum    INTEGER NOT NULL,
    PRIMARY KEY (branch, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    branch      INTEGER NOT NULL REFERENCES branch (id),
    nth         INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    epic        TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    description TEXT    NOT NULL,
    depends_on  TEXT    NOT NULL, -- JSON: ids
    files       TEXT    NOT NULL, -- JSON: paths
    checksum    INTEGER NOT NULL,
    PRIMARY KEY (branch, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE step (
    branch      INTEGER NOT NULL REFERENCES branch (id),
    task        TEXT    NOT NULL,
    nth         INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    path        TEXT    NOT NULL,
    instruction TEXT    NOT NULL,
    checksum    INTEGER NOT NULL,
    PRIMARY KEY (branch, task, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE finished_step (
    branch   INTEGER NOT NULL REFERENCES branch (id),
    step     TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (branch, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE iteration (
    branch    INTEGER NOT NULL REFERENCES branch (id),
    seq       INTEGER NOT NULL,
    nth       INTEGER NOT NULL,
    id        TEXT    NOT NULL,
    diagnosis TEXT    NOT NULL,
    checksum  INTEGER NOT NULL,
    PRIMARY KEY (branch, seq, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE iteration_step (
    branch      INTEGER NOT NULL REFERENCES branch (id),
    seq         INTEGER NOT NULL,
    nth         INTEGER NOT NULL,
    step_nth    INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    path        TEXT    NOT NULL,
    instruction TEXT    NOT NULL,
    checksum    INTEGER NOT NULL,
    PRIMARY KEY (branch, seq, nth, step_nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
    branch   INTEGER NOT NULL REFERENCES branch (id),
    path     TEXT    NOT NULL,
    content  BLOB    NOT NULL,
    size     INTEGER NOT NULL,
    seq      INTEGER NOT NULL, -- of the commit that wrote it
    checksum INTEGER NOT NULL,
    PRIMARY KEY (branch, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
    branch        INTEGER NOT NULL REFERENCES branch (id),
    assignment    TEXT    NOT NULL,
    attempt       INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    at_ms         INTEGER NOT NULL,
    role          TEXT    NOT NULL,
    role_checksum INTEGER NOT NULL,
    subject       TEXT    NOT NULL,
    PRIMARY KEY (branch, assignment, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE open_effect (
    branch     INTEGER NOT NULL REFERENCES branch (id),
    assignment TEXT    NOT NULL,
    attempt    INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    nth        INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    money      INTEGER NOT NULL,
    tokens     INTEGER NOT NULL,
    calls      INTEGER NOT NULL,
    checksum   INTEGER NOT NULL,
    PRIMARY KEY (branch, assignment, attempt, name, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE llm_call (
    scope            TEXT    NOT NULL,
    at_ms            INTEGER NOT NULL,
    branch_uuid      TEXT    NOT NULL,
    seq              INTEGER NOT NULL,
    project          TEXT    NOT NULL,
    assignment       TEXT    NOT NULL,
    attempt          INTEGER NOT NULL,
    name             TEXT    NOT NULL,
    nth              INTEGER NOT NULL,
    model            TEXT    NOT NULL,
    template         TEXT,
    request          BLOB    NOT NULL,
    checksum         INTEGER NOT NULL, -- of the columns before it
    role             TEXT,
    role_checksum    INTEGER,
    status           TEXT    NOT NULL, -- open, done, failed
    payload          BLOB,
    message          TEXT,
    duration_ms      INTEGER,
    input            INTEGER,
    cached_input     INTEGER,
    cache_write      INTEGER,
    cache_write_long INTEGER,
    output           INTEGER,
    reasoning        INTEGER,
    money            INTEGER NOT NULL,
    tokens           INTEGER NOT NULL,
    calls            INTEGER NOT NULL,
    outcome_checksum INTEGER NOT NULL, -- of the columns from `status` on
    PRIMARY KEY (scope, at_ms, branch_uuid, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX llm_call_by_project ON llm_call (scope, project, at_ms, branch_uuid, seq);

CREATE TABLE exec_log (
    branch           INTEGER NOT NULL REFERENCES branch (id),
    seq              INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    assignment       TEXT    NOT NULL,
    attempt          INTEGER NOT NULL,
    name             TEXT    NOT NULL,
    nth              INTEGER NOT NULL,
    command          TEXT    NOT NULL, -- JSON: arguments
    checksum         INTEGER NOT NULL, -- of the columns before it
    status           TEXT    NOT NULL, -- open, done, failed
    payload          BLOB,
    message          TEXT,
    duration_ms      INTEGER,
    outcome_checksum INTEGER NOT NULL, -- of the columns from `status` on
    PRIMARY KEY (branch, seq)
) STRICT, WITHOUT ROWID;
