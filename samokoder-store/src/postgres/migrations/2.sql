-- What a commit does, as functions: it is one round trip then, and one transaction.

-- Runs statements one after the other. `$1[n]` in a statement is the nth of its values, which are written as an array.
-- Each is planned once for a connection: that takes longer than running it.
CREATE FUNCTION samokoder_run(statements TEXT[], "values" TEXT[]) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    known TEXT[] := ARRAY(SELECT name FROM pg_prepared_statements);
    plan TEXT;
BEGIN
    FOR n IN 1 .. cardinality(statements) LOOP
        plan := 'samokoder_' || md5(statements[n]);
        IF plan <> ALL (known) THEN
            EXECUTE format('PREPARE %I (TEXT[]) AS %s', plan, statements[n]);
            known := known || plan;
        END IF;
        EXECUTE format('EXECUTE %I (%L)', plan, "values"[n]);
    END LOOP;
END $$;

-- Moves a branch on and stores what a batch brings. False, and nothing done, when the branch is not as it was said to be
-- or the lease has run out.
CREATE FUNCTION samokoder_append(
    of_branch BIGINT, of_epoch BIGINT, of_head BIGINT, of_tip BYTEA, -- as it is said to be
    new_tip BYTEA,
    stamps BIGINT[], bodies BYTEA[], links BYTEA[], -- of records
    now_ms BIGINT, digests BYTEA[], sizes BIGINT[], contents BYTEA[],
    taken_signals TEXT[],
    statements TEXT[], "values" TEXT[] -- for samokoder_run
) RETURNS BOOLEAN LANGUAGE plpgsql
-- Who holds a lock may have been stopped.
SET lock_timeout = '5s' AS $$
DECLARE
    new_head BIGINT := of_head + cardinality(stamps);
    of_scope TEXT;
BEGIN
    UPDATE branch SET head = new_head, tip = new_tip
    WHERE id = of_branch AND epoch = of_epoch AND head = of_head AND tip = of_tip AND lease_until > clock_timestamp()
    RETURNING scope INTO of_scope;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    INSERT INTO record (branch, seq, epoch, at_ms, body, link)
    SELECT of_branch, of_head + new.n, of_epoch, new.at_ms, new.body, new.link
    FROM unnest(stamps, bodies, links) WITH ORDINALITY AS new (at_ms, body, link, n);
    IF cardinality(digests) > 0 THEN
        INSERT INTO blob (scope, digest, size, stored_ms, content)
        SELECT of_scope, new.digest, new.size, now_ms, new.content
        FROM unnest(digests, sizes, contents) AS new (digest, size, content)
        ON CONFLICT (scope, digest) DO UPDATE SET stored_ms = excluded.stored_ms;
    END IF;
    IF cardinality(taken_signals) > 0 THEN
        UPDATE signal SET taken = new_head
        WHERE branch = of_branch AND id = ANY (taken_signals) AND taken IS NULL;
    END IF;
    PERFORM samokoder_run(statements, "values");
    RETURN TRUE;
END $$;
