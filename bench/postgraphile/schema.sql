-- The data set as the peer likes it best: typed relational tables with the indexes that its queries need.
CREATE SCHEMA onto;
SET search_path = onto;

CREATE TYPE status AS ENUM ('ACTIVE', 'EXPERIMENTAL', 'DEPRECATED');
CREATE TYPE base_type AS ENUM ('STRING', 'INTEGER', 'DOUBLE', 'BOOLEAN', 'TIMESTAMP', 'DATE', 'GEOPOINT');
CREATE TYPE cardinality AS ENUM ('ONE_TO_ONE', 'ONE_TO_MANY', 'MANY_TO_ONE', 'MANY_TO_MANY');

CREATE TABLE object_type (
    rid text PRIMARY KEY, api_name text NOT NULL UNIQUE, display_name text NOT NULL, description text,
    status status NOT NULL, version int NOT NULL DEFAULT 1);
CREATE TABLE property (
    rid text PRIMARY KEY, object_type_rid text NOT NULL REFERENCES object_type, position int NOT NULL,
    api_name text NOT NULL, display_name text NOT NULL, base_type base_type NOT NULL, required boolean NOT NULL);
CREATE TABLE link_type (
    rid text PRIMARY KEY, source_rid text NOT NULL REFERENCES object_type, target_rid text NOT NULL REFERENCES object_type,
    api_name text NOT NULL, cardinality cardinality NOT NULL, position int NOT NULL);
CREATE TABLE interface (rid text PRIMARY KEY, api_name text NOT NULL UNIQUE, display_name text NOT NULL);
CREATE TABLE object_type_interface (
    object_type_rid text NOT NULL REFERENCES object_type, interface_rid text NOT NULL REFERENCES interface,
    PRIMARY KEY (object_type_rid, interface_rid));

INSERT INTO object_type
SELECT 'ri.ontology.main.object-type.' || md5('ot' || i)::uuid, 'ObjectType' || lpad(i::text, 5, '0'), 'Object Type ' || i,
    'Describes the business entity number ' || i || ' as it is maintained by the operations team.', 'EXPERIMENTAL', 1
FROM generate_series(1, 2000) AS i;
INSERT INTO property
SELECT 'ri.ontology.main.property.' || md5('p' || i || '.' || k)::uuid, 'ri.ontology.main.object-type.' || md5('ot' || i)::uuid, k,
    'property' || k, 'Property ' || k,
    (ARRAY['STRING', 'INTEGER', 'DOUBLE', 'BOOLEAN', 'TIMESTAMP', 'DATE', 'GEOPOINT'])[1 + (i + k) % 7]::base_type, k % 3 = 0
FROM generate_series(1, 2000) AS i, generate_series(1, 12) AS k ORDER BY i, k;
INSERT INTO link_type
SELECT 'ri.ontology.main.link-type.' || md5('l' || i || '.' || k)::uuid, 'ri.ontology.main.object-type.' || md5('ot' || i)::uuid,
    'ri.ontology.main.object-type.' || md5('ot' || (1 + (i * 7 + k * 131) % 2000))::uuid, 'link' || k,
    (ARRAY['ONE_TO_ONE', 'ONE_TO_MANY', 'MANY_TO_ONE', 'MANY_TO_MANY'])[1 + (i + k) % 4]::cardinality, k
FROM generate_series(1, 2000) AS i, generate_series(1, 3) AS k ORDER BY i, k;
INSERT INTO interface SELECT 'ri.ontology.main.interface.' || md5('i' || i)::uuid, 'Interface' || i, 'Interface ' || i
FROM generate_series(1, 100) AS i;
INSERT INTO object_type_interface
SELECT 'ri.ontology.main.object-type.' || md5('ot' || i)::uuid, 'ri.ontology.main.interface.' || md5('i' || (1 + (i + k * 37) % 100))::uuid
FROM generate_series(1, 2000) AS i, generate_series(1, 2) AS k;

CREATE INDEX ON property (object_type_rid, position);
CREATE INDEX ON link_type (source_rid, position);
CREATE INDEX ON link_type (target_rid);
CREATE INDEX ON object_type_interface (interface_rid);

COMMENT ON TABLE property IS E'@behavior +list -connection';
COMMENT ON TABLE link_type IS E'@behavior +list -connection';
COMMENT ON TABLE object_type_interface IS E'@behavior +list -connection';
COMMENT ON CONSTRAINT property_object_type_rid_fkey ON property IS E'@foreignFieldName properties';
COMMENT ON CONSTRAINT link_type_source_rid_fkey ON link_type IS E'@foreignFieldName outgoingLinks';
COMMENT ON CONSTRAINT link_type_target_rid_fkey ON link_type IS E'@fieldName target\n@foreignFieldName incomingLinks';
COMMENT ON CONSTRAINT object_type_interface_interface_rid_fkey ON object_type_interface IS E'@fieldName interface';
COMMENT ON CONSTRAINT object_type_interface_object_type_rid_fkey ON object_type_interface IS E'@foreignFieldName interfaces';
ANALYZE;
