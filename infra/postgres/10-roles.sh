#!/usr/bin/env bash
# Runs once, when the database is made: one role a purpose. Migrations own the schema, the runtime does
# not, and sequencer and signer may do even less; the migrations grant what is missing and take away more.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set=owner="$(cat /run/secrets/database_owner_password)" \
  --set=app="$(cat /run/secrets/database_app_password)" \
  --set=sequencer="$(cat /run/secrets/database_sequencer_password)" \
  --set=signer="$(cat /run/secrets/database_signer_password)" \
  --set=database="$POSTGRES_DB" <<'SQL'
CREATE ROLE countersign_owner LOGIN PASSWORD :'owner';
CREATE ROLE countersign_app LOGIN PASSWORD :'app';
CREATE ROLE countersign_sequencer LOGIN PASSWORD :'sequencer';
CREATE ROLE countersign_signer LOGIN PASSWORD :'signer';

ALTER ROLE countersign_owner SET lock_timeout = '30s';
ALTER ROLE countersign_app SET statement_timeout = '30s';
ALTER ROLE countersign_app SET lock_timeout = '10s';
ALTER ROLE countersign_app SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE countersign_app SET transaction_timeout = '2min';
ALTER ROLE countersign_sequencer SET statement_timeout = '60s';
ALTER ROLE countersign_sequencer SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE countersign_sequencer SET transaction_timeout = '2min';
ALTER ROLE countersign_signer SET statement_timeout = '30s';
ALTER ROLE countersign_signer SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE countersign_signer SET transaction_timeout = '2min';

ALTER DATABASE :"database" OWNER TO countersign_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO countersign_app, countersign_sequencer, countersign_signer;
GRANT USAGE ON SCHEMA public TO countersign_app, countersign_sequencer, countersign_signer;
ALTER DEFAULT PRIVILEGES FOR ROLE countersign_owner
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO countersign_app;
ALTER DEFAULT PRIVILEGES FOR ROLE countersign_owner GRANT USAGE, SELECT ON SEQUENCES TO countersign_app;
SQL
