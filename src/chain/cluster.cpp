#include "chain/cluster.h"

#include <fmt/format.h>

#include <vector>

namespace unrig::chain {

std::string database_sql(const Passwords& passwords, const host::Endpoint& here) {
  // The application may open a connection per request, and that is not the place to measure how
  // long a password is hashed: for 24 random bytes the quick method is no weaker where nobody can
  // listen in.
  return fmt::format(
      "SET password_encryption = '{4}';"
      "CREATE ROLE {0} LOGIN PASSWORD '{1}';"
      "SET password_encryption = 'scram-sha-256';"
      "CREATE ROLE {2} LOGIN PASSWORD '{3}';"
      "GRANT pg_read_all_stats TO {2};"
      "CREATE EXTENSION pg_stat_statements;"
      "GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO {2};"
      "REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;"
      "GRANT CONNECT ON DATABASE postgres TO {2};"
      // Every role may change its own settings and its password for good, and nothing takes that
      // from it. Here is what puts it right, with the owner's rights.
      "CREATE TABLE role_as_made AS SELECT rolpassword FROM pg_authid WHERE rolname = '{0}';"
      "CREATE FUNCTION restore_role() RETURNS text LANGUAGE plpgsql SECURITY DEFINER"
      " SET search_path = pg_catalog, public AS $$"
      " DECLARE"
      "  as_made text := (SELECT rolpassword FROM role_as_made);"
      "  changed text := (SELECT string_agg(setting, ', ')"
      "   FROM pg_db_role_setting, unnest(setconfig) AS setting WHERE setrole = '{0}'::regrole);"
      "  place name;"
      " BEGIN"
      "  IF as_made IS DISTINCT FROM"
      "   (SELECT rolpassword FROM pg_authid WHERE rolname = '{0}') THEN"
      "   changed := concat_ws(', ', changed, 'its password');"
      "   EXECUTE format('ALTER ROLE {0} PASSWORD %L', as_made);"
      "  END IF;"
      "  ALTER ROLE {0} RESET ALL;"
      "  FOR place IN SELECT datname FROM pg_database"
      "   JOIN pg_db_role_setting ON setdatabase = pg_database.oid WHERE setrole = '{0}'::regrole"
      "  LOOP"
      "   EXECUTE format('ALTER ROLE {0} IN DATABASE %I RESET ALL', place);"
      "  END LOOP;"
      "  RETURN left(changed, 200);"
      " END $$;"
      "REVOKE ALL ON FUNCTION restore_role() FROM PUBLIC;"
      "GRANT EXECUTE ON FUNCTION restore_role() TO {2}",
      application_role, passwords.application, observer_role, passwords.observer,
      here.is_socket() ? "md5" : "scram-sha-256");
}

std::string table_sql() {
  return "CREATE TABLE test (a integer NOT NULL, b text NOT NULL)";
}

std::string rows_sql(const RowRule& rule, std::uint32_t first, std::uint32_t count) {
  std::vector<std::string> values;
  for (std::uint32_t a = first; a < first + count; ++a) values.push_back(row_b(a, rule));
  return fmt::format(
      "INSERT INTO test SELECT {} + place, b"
      " FROM unnest('{{{}}}'::text[]) WITH ORDINALITY AS given (b, place)",
      std::int64_t{first} - 1, fmt::join(values, ","));
}

std::string index_sql() {
  return "ALTER TABLE test ADD PRIMARY KEY (a);"
         "CREATE EXTENSION pg_prewarm;"
         // The owner's rights are needed to read the index.
         "CREATE FUNCTION warm() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
         " SET search_path = public, pg_catalog"
         " AS 'SELECT pg_prewarm(''test'') + pg_prewarm(''test_pkey'')'";
}

std::string rights_sql() {
  // Operators are functions, too, and so are the casts between the types of a statement's values.
  return fmt::format(
      "REVOKE ALL ON DATABASE {0} FROM PUBLIC;"
      "GRANT CONNECT ON DATABASE {0} TO {1}, {2};"
      "REVOKE ALL ON SCHEMA public FROM PUBLIC;"
      "GRANT USAGE ON SCHEMA public TO {1}, {2};"
      "GRANT SELECT ON test TO {1};"
      "REVOKE ALL ON LANGUAGE sql, plpgsql FROM PUBLIC;"
      "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pg_catalog, public FROM PUBLIC;"
      "GRANT EXECUTE ON FUNCTION pg_sleep(double precision) TO {1};"
      "GRANT EXECUTE ON FUNCTION warm(), current_database(), sum(bigint) TO {2};"
      "DO $$ DECLARE f regprocedure; BEGIN"
      " FOR f IN SELECT oprcode FROM pg_operator WHERE oprcode <> 0"
      " UNION SELECT castfunc FROM pg_cast WHERE castfunc <> 0"
      " LOOP EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {1}, {2}', f); END LOOP;"
      " FOR f IN SELECT oid FROM pg_proc WHERE proname LIKE 'pg_stat_get_%'"
      " LOOP EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {2}', f); END LOOP;"
      " END $$;"
      // It may make nothing anyway; but DROP OWNED would give its rights up, for good.
      "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
      " IF session_user = '{1}' THEN RAISE EXCEPTION 'the application changes nothing'; END IF;"
      " END $$;"
      "CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse()",
      database_name, application_role, observer_role);
}

}  // namespace unrig::chain
