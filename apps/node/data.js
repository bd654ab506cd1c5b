/** Data access of all stacks, whatever their driver: a module with two functions, each of which
 * makes one that runs a statement: onNewConnection(database) and onPool(database). */
import * as row from "./row.js";

function reader(driver, database) {
  if (database.connection === "none") return row.madeUp;
  const run =
    database.connection === "pooled" ? driver.onPool(database) : driver.onNewConnection(database);
  const text = row.statement(database.delay_s);
  return (a) => run(text, row.values(database.delay_s, a));
}

/** A function that makes the body of one answer. `asked`: the text of `a` in the query, where there
 * is one. It rejects where that is no number, or the database does not answer with a row. */
export function open(driver, database) {
  const read = reader(driver, database);
  return async (asked) => row.body(await read(row.key(asked)));
}
