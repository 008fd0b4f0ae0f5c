"""Makes a database what a migrated one is, between two tests.

Few rows are deleted and large tables truncated: TRUNCATE makes every file of every table and index anew, which for the
few rows of most tests took longer than the tests. All tables are locked first, so that whoever is left over from the test
before has committed or is gone.
"""

from __future__ import annotations

EMPTY = """
DO $$ DECLARE names text; each record; filled boolean; BEGIN
    SELECT string_agg(format('%I', tablename), ', ') INTO names FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'installation');
    EXECUTE 'LOCK TABLE ' || names || ' IN ACCESS EXCLUSIVE MODE';
    SET LOCAL session_replication_role = replica; -- no order among the tables, since all of them are emptied
    FOR each IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'installation') LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', each.name) INTO filled;
        IF filled AND pg_relation_size(format('%I', each.name)::regclass) > 262144 THEN
            EXECUTE format('TRUNCATE %I CASCADE', each.name);
        ELSIF filled THEN
            EXECUTE format('DELETE FROM %I', each.name);
        END IF;
    END LOOP;
    SET LOCAL session_replication_role = origin;
    PERFORM setval(d.objid::regclass, 1, false) FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i');
    UPDATE installation SET epoch = 1;
    INSERT INTO ontology (rid, api_name, display_name, created_by, updated_by)
    VALUES ('ri.ontology.main.ontology.' || gen_random_uuid(), 'main', 'Main', 'system', 'system');
    INSERT INTO ontology_counter (ontology) SELECT rid FROM ontology;
END $$
"""
