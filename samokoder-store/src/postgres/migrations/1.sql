-- One row per branch.
CREATE TABLE branch (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope       TEXT COLLATE "C" NOT NULL,
    project     UUID   NOT NULL,
    branch      UUID   NOT NULL,
    name        TEXT   NOT NULL,
    parent      BIGINT REFERENCES branch (id),
    start       BIGINT NOT NULL, -- number of the last record that it shares with its parent
    head        BIGINT NOT NULL, -- number of the last record
    tip         BYTEA  NOT NULL, -- link of the last record
    epoch       BIGINT NOT NULL DEFAULT 0, -- of the newest lease
    holder      UUID, -- who asked for it
    lease_until TIMESTAMPTZ, -- none when it was given back
    UNIQUE (scope, project, branch)
) WITH (fillfactor = 70);

CREATE INDEX branch_in_order ON branch (scope, id);

-- The logs. A row is never changed. Numbers of a branch that was forked follow `start`.
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
    at_ms   BIGINT NOT NULL, -- when it was stored last
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
    id     UUID   NOT NULL,
    at_ms  BIGINT NOT NULL,
    body   TEXT   NOT NULL, -- JSON
    taken  BIGINT,
    UNIQUE (branch, id)
);

CREATE INDEX signal_open ON signal (branch, n) WHERE taken IS NULL;
