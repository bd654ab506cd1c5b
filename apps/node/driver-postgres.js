/** Data access by postgres (postgres.js). */
import postgres from "postgres";

/** A pool of so many connections, which are opened when first needed, and kept. */
function pool({ host, port, name, user, password }, max) {
  return postgres({
    host,
    port,
    database: name,
    user,
    password,
    max,
    ssl: false,
    max_lifetime: null,
    // It would ask the catalogue for all types of arrays on each new connection.
    fetch_types: false,
    // It would call itself "postgres.js", which the pooler sets with a statement of its own.
    connection: { application_name: "" },
  });
}

/** "unsafe" is what it calls a statement that is not written in place. Its values are sent as such,
 * and it is not prepared. So it takes two round trips: the driver asks for the values' types first.
 * That keeps a connection from getting a second statement before the first one is answered. */
async function read(sql, text, values) {
  const [row] = await sql.unsafe(text, values);
  return row;
}

export function onNewConnection(database) {
  return async (text, values) => {
    const sql = pool(database, 1);
    try {
      return await read(sql, text, values);
    } finally {
      await sql.end();
    }
  };
}

export function onPool(database) {
  const sql = pool(database, database.pool);
  return (text, values) => read(sql, text, values);
}
