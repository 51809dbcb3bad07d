-- One row per branch.
CREATE TABLE branch (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope       TEXT COLLATE "C" NOT NULL,
    project     TEXT COLLATE "C" NOT NULL,
    branch      TEXT COLLATE "C" NOT NULL,
    name        TEXT   NOT NULL,
    parent      BIGINT REFERENCES branch (id),
    left_at     BIGINT NOT NULL, -- number of the last record that it shares with its parent
    head        BIGINT NOT NULL, -- number of the last record
    tip         BYTEA  NOT NULL, -- link of the last record
    epoch       BIGINT NOT NULL DEFAULT 0, -- of the newest lease
    holder      TEXT, -- who asked for it
    lease_until TIMESTAMPTZ, -- none when it was given back
    UNIQUE (scope, project, branch)
) WITH (fillfactor = 70);

CREATE INDEX branch_child ON branch (parent);
CREATE INDEX branch_in_order ON branch (scope, id);

-- The logs. A row is never changed. Numbers of a branch that was forked follow `left_at`.
CREATE TABLE record (
    branch BIGINT NOT NULL,
    seq    BIGINT NOT NULL,
    epoch  BIGINT NOT NULL, -- of the lease it was written with
    at_ms  BIGINT NOT NULL,
    body   BYTEA  NOT NULL, -- JSON, packed
    link   BYTEA  NOT NULL, -- of the hash chain
    PRIMARY KEY (branch, seq)
);

-- Contents by their BLAKE3 hash, apart for each scope.
CREATE TABLE blob (
    scope   TEXT COLLATE "C" NOT NULL,
    digest  BYTEA  NOT NULL,
    size    BIGINT NOT NULL, -- before it was packed
    stored_ms BIGINT NOT NULL, -- when it was put in last
    content BYTEA  NOT NULL, -- packed
    PRIMARY KEY (scope, digest)
);
-- They are packed already.
ALTER TABLE blob ALTER COLUMN content SET STORAGE EXTERNAL;

-- What logs add up to until a record.
CREATE TABLE snapshot (
    branch  BIGINT NOT NULL REFERENCES branch (id),
    seq     BIGINT NOT NULL,
    content BYTEA  NOT NULL, -- packed
    PRIMARY KEY (branch, seq)
);
ALTER TABLE snapshot ALTER COLUMN content SET STORAGE EXTERNAL;

-- What people told a run, in the order of `n`. `taken` is the number of the last record of the batch that took it.
CREATE TABLE signal (
    n      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch BIGINT NOT NULL REFERENCES branch (id),
    id     TEXT COLLATE "C" NOT NULL,
    at_ms  BIGINT NOT NULL,
    body   TEXT   NOT NULL, -- JSON
    taken  BIGINT,
    UNIQUE (branch, id)
);

CREATE INDEX signal_open ON signal (branch, n) WHERE taken IS NULL;

-- What follows from the logs, for whoever asks in SQL; `branch` is the number of the branch's row.

CREATE TABLE project (
    scope      TEXT COLLATE "C" NOT NULL,
    project    TEXT COLLATE "C" NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (scope, project)
);

CREATE INDEX project_by_time ON project (scope, created_ms, project);

CREATE TABLE summary (
    branch           BIGINT PRIMARY KEY,
    scope            TEXT COLLATE "C" NOT NULL,
    project          TEXT COLLATE "C" NOT NULL,
    applied          BIGINT NOT NULL, -- number of the last record that the tables know
    created_ms       BIGINT NOT NULL,
    updated_ms       BIGINT NOT NULL,
    version          BIGINT NOT NULL,
    specified        BIGINT NOT NULL,
    title            TEXT   NOT NULL,
    title_checksum   BIGINT NOT NULL,
    run_end          TEXT, -- JSON
    run_end_checksum BIGINT NOT NULL,
    tasks            BIGINT NOT NULL,
    files            BIGINT NOT NULL,
    money            BIGINT NOT NULL, -- picodollars
    tokens           BIGINT NOT NULL,
    calls            BIGINT NOT NULL,
    checksum         BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE TABLE epic (
    branch      BIGINT NOT NULL,
    nth         BIGINT NOT NULL,
    id          TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    description TEXT   NOT NULL,
    checksum    BIGINT NOT NULL,
    PRIMARY KEY (branch, nth)
);

CREATE TABLE task (
    branch      BIGINT NOT NULL,
    nth         BIGINT NOT NULL,
    id          TEXT   NOT NULL,
    epic        TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    description TEXT   NOT NULL,
    depends_on  TEXT   NOT NULL, -- JSON
    files       TEXT   NOT NULL, -- JSON
    checksum    BIGINT NOT NULL,
    PRIMARY KEY (branch, nth)
);

CREATE TABLE step (
    branch      BIGINT NOT NULL,
    task        TEXT COLLATE "C" NOT NULL,
    nth         BIGINT NOT NULL,
    id          TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    instruction TEXT   NOT NULL,
    checksum    BIGINT NOT NULL,
    PRIMARY KEY (branch, task, nth)
);

CREATE TABLE finished_step (
    branch   BIGINT NOT NULL,
    step     TEXT COLLATE "C" NOT NULL,
    seq      BIGINT NOT NULL,
    checksum BIGINT NOT NULL,
    PRIMARY KEY (branch, step)
);

CREATE TABLE iteration (
    branch    BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    nth       BIGINT NOT NULL,
    id        TEXT   NOT NULL,
    diagnosis TEXT   NOT NULL,
    checksum  BIGINT NOT NULL,
    PRIMARY KEY (branch, seq, nth)
);

CREATE TABLE iteration_step (
    branch      BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    nth         BIGINT NOT NULL,
    step_nth    BIGINT NOT NULL,
    id          TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    instruction TEXT   NOT NULL,
    checksum    BIGINT NOT NULL,
    PRIMARY KEY (branch, seq, nth, step_nth)
);

CREATE TABLE file (
    branch   BIGINT NOT NULL,
    path     TEXT COLLATE "C" NOT NULL,
    content  BYTEA  NOT NULL, -- hash
    size     BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    checksum BIGINT NOT NULL,
    PRIMARY KEY (branch, path)
) WITH (fillfactor = 90);

CREATE TABLE attempt (
    branch        BIGINT NOT NULL,
    assignment    TEXT COLLATE "C" NOT NULL,
    attempt       BIGINT NOT NULL,
    seq           BIGINT NOT NULL,
    at_ms         BIGINT NOT NULL,
    role          TEXT   NOT NULL,
    role_checksum BIGINT NOT NULL,
    subject       TEXT   NOT NULL,
    PRIMARY KEY (branch, assignment, attempt)
);

CREATE TABLE open_effect (
    branch     BIGINT NOT NULL,
    assignment TEXT COLLATE "C" NOT NULL,
    attempt    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    nth        BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    at_ms      BIGINT NOT NULL,
    money      BIGINT NOT NULL,
    tokens     BIGINT NOT NULL,
    calls      BIGINT NOT NULL,
    checksum   BIGINT NOT NULL,
    PRIMARY KEY (branch, assignment, attempt, name, nth)
);

CREATE TABLE llm_call (
    scope            TEXT COLLATE "C" NOT NULL,
    at_ms            BIGINT NOT NULL,
    branch_uuid      TEXT COLLATE "C" NOT NULL,
    seq              BIGINT NOT NULL,
    project          TEXT COLLATE "C" NOT NULL,
    assignment       TEXT   NOT NULL,
    attempt          BIGINT NOT NULL,
    name             TEXT   NOT NULL,
    nth              BIGINT NOT NULL,
    model            TEXT   NOT NULL,
    template         TEXT,
    request          BYTEA  NOT NULL, -- hash
    checksum         BIGINT NOT NULL,
    role             TEXT,
    role_checksum    BIGINT,
    status           TEXT   NOT NULL,
    payload          BYTEA, -- hash
    message          TEXT,
    duration_ms      BIGINT,
    input            BIGINT,
    cached_input     BIGINT,
    cache_write      BIGINT,
    cache_write_long BIGINT,
    output           BIGINT,
    reasoning        BIGINT,
    money            BIGINT NOT NULL, -- picodollars
    tokens           BIGINT NOT NULL,
    calls            BIGINT NOT NULL,
    outcome_checksum BIGINT NOT NULL,
    PRIMARY KEY (scope, at_ms, branch_uuid, seq)
);

CREATE INDEX llm_call_of_project ON llm_call (scope, project, at_ms, branch_uuid, seq);

CREATE TABLE exec_log (
    branch           BIGINT NOT NULL,
    assignment       TEXT   NOT NULL,
    attempt          BIGINT NOT NULL,
    name             TEXT   NOT NULL,
    nth              BIGINT NOT NULL,
    seq              BIGINT NOT NULL,
    at_ms            BIGINT NOT NULL,
    command          TEXT   NOT NULL, -- JSON
    checksum         BIGINT NOT NULL,
    status           TEXT   NOT NULL,
    payload          BYTEA, -- hash
    message          TEXT,
    duration_ms      BIGINT,
    outcome_checksum BIGINT NOT NULL,
    PRIMARY KEY (branch, seq)
);
