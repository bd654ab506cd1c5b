/** Data access by pg. A statement without a name is not prepared: each is one flight, on the first
 * use of a connection and later. */
import pg from "pg";

function options({ host, port, name, user, password }) {
  return { host, port, database: name, user, password, ssl: false };
}

/** A connection that breaks fails its statement. Without a statement it is nobody's loss, but
 * without somebody who listens it would end the process. */
function ignore() {}

export function onNewConnection(database) {
  return async (text, values) => {
    const client = new pg.Client(options(database));
    client.on("error", ignore);
    await client.connect();
    try {
      return (await client.query(text, values)).rows[0];
    } finally {
      await client.end();
    }
  };
}

/** Connections are opened when first needed, and kept. */
export function onPool(database) {
  const pool = new pg.Pool({ ...options(database), max: database.pool, idleTimeoutMillis: 0 });
  pool.on("error", ignore);
  return async (text, values) => (await pool.query(text, values)).rows[0];
}
