/** The row that a request asks for, and the bytes that it answers: the same for every stack. */

export const CONTENT_TYPE = "application/json";

const ROWS = 1_000_000;

/** The only one. */
export function statement(delay_s) {
  return delay_s === 0
    ? "SELECT t.a, t.b FROM test t WHERE t.a = $1"
    : "SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2";
}

/** What the places in the statement stand for. */
export function values(delay_s, a) {
  return delay_s === 0 ? [a] : [delay_s, a];
}

/** The row that a request names in its query, "?a=0000000123"; where it names none (null or
 * undefined), one of the application's own choice. Throws where it is no number. */
export function key(asked) {
  if (asked === null || asked === undefined) return Math.floor(Math.random() * ROWS);
  if (!/^[0-9]+$/.test(asked)) throw new Error(`no number: ${asked}`);
  return Number(asked);
}

/** A row by the rule that is known, without a database: what all but that costs. */
export function madeUp(a) {
  const b = BigInt.asUintN(64, BigInt(a) * 6364136223846793005n + 1442695040888963407n);
  return { a, b: String(b).padStart(20, "0") };
}

/** 48 bytes, whatever the row. They are put together by hand, since JSON.stringify leaves out the
 * blanks; a b of the table is digits, so there is nothing to escape. Bytes and no text: to one of
 * that Fastify adds a charset. */
export function body({ a, b }) {
  return Buffer.from(`{"a": "${String(a).padStart(10, "0")}", "b": "${b}"}`);
}
