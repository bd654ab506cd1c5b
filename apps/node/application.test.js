/** Tests of the application's own parts: node --test apps/node */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { open } from "./data.js";
import * as row from "./row.js";
import { readSettings } from "./settings.js";

test("a body has the same 48 bytes as that of every stack", () => {
  const body = row.body({ a: 123, b: "01442695040888963407" });
  assert.equal(String(body), '{"a": "0000000123", "b": "01442695040888963407"}');
  assert.equal(body.length, 48);
});

test("without a delay the statement does not sleep", () => {
  assert.equal(row.statement(0), "SELECT t.a, t.b FROM test t WHERE t.a = $1");
  assert.deepEqual(row.values(0, 5), [5]);
  assert.equal(row.statement(0.02), "SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2");
  assert.deepEqual(row.values(0.02, 5), [0.02, 5]);
});

test("the row that a request names is the one that is read", () => {
  assert.equal(row.key("0000000123"), 123);
  assert.equal(row.key("0000000000"), 0);
  assert.equal(row.key("0000000010"), 10);
});

test("a key is a number and never a part of the statement", () => {
  const wrong = ["", "x", "1; DROP TABLE test", "1 OR 1=1", "1.5", "-1", "0x10", "1e3", ["1", "2"]];
  for (const asked of wrong) assert.throws(() => row.key(asked), `${asked}`);
});

test("where none is named, rows of the table are drawn", () => {
  for (const none of [null, undefined]) {
    const drawn = new Set(Array.from({ length: 1000 }, () => row.key(none)));
    assert.ok(drawn.size > 990); // half a pair of them is equal by chance
    for (const a of drawn) assert.ok(Number.isInteger(a) && a >= 0 && a < 1_000_000);
  }
});

test("a row that is made up is by the rule that is known", () => {
  assert.deepEqual(row.madeUp(0), { a: 0, b: "01442695040888963407" });
  assert.deepEqual(row.madeUp(1), { a: 1, b: "07806831264735756412" });
  assert.deepEqual(row.madeUp(2), { a: 2, b: "14170967488582549417" }); // all 64 bits of it
  assert.deepEqual(row.madeUp(999999), { a: 999999, b: "04596975814739650402" });
});

/** Stands in for a driver: it says what it was made and asked for. */
function driver(asked) {
  const run = (way) => (database) => async (text, values) => {
    asked.push({ way, pool: database.pool, text, values });
    return { a: values.at(-1), b: "0".repeat(20) };
  };
  return { onNewConnection: run("new"), onPool: run("pool") };
}

test("each answer is the row of its own request, on the connection that was told", async () => {
  const ways = { "per-request": "new", pooled: "pool", none: undefined };
  for (const [connection, way] of Object.entries(ways)) {
    const asked = [];
    const answer = open(driver(asked), { connection, delay_s: 0.02, pool: 7 });
    for (const a of ["0000000123", "0000999999"]) {
      assert.equal(JSON.parse(await answer(a)).a, a);
    }
    await assert.rejects(answer("1 OR 1=1"));
    const expected = [123, 999999].map((a) => ({
      way,
      pool: 7,
      text: row.statement(0.02),
      values: [0.02, a],
    }));
    assert.deepEqual(asked, way ? expected : []);
  }
});

test("a row that is not there is an error", async () => {
  const nobody = { onPool: () => async () => undefined };
  await assert.rejects(open(nobody, { connection: "pooled", delay_s: 0, pool: 1 })("1"));
});

test("without variables it serves by itself", () => {
  const { database, ...told } = readSettings({});
  assert.deepEqual(told, { host: "127.0.0.1", port: 8000, workers: 1, backlog: 2048 });
  assert.equal(database.connection, "per-request");
  assert.equal(database.delay_s, 0);
  assert.equal(database.pool, 1);
});

test("each variable is read", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "unrig-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "password");
  writeFileSync(file, "se cret\n");
  const told = readSettings({
    UNRIG_HOST: "127.0.0.2",
    UNRIG_PORT: "81",
    UNRIG_WORKERS: "3",
    UNRIG_BACKLOG: "777",
    UNRIG_DB_HOST: "127.0.0.3",
    UNRIG_DB_PORT: "6432",
    UNRIG_DB_NAME: "name",
    UNRIG_DB_USER: "user",
    UNRIG_DB_PASSWORD_FILE: file,
    UNRIG_DB_DELAY: "0.02",
    UNRIG_DB_CONNECTION: "pooled",
    UNRIG_DB_POOL: "50",
  });
  assert.deepEqual(told, {
    host: "127.0.0.2",
    port: 81,
    workers: 3,
    backlog: 777,
    database: {
      host: "127.0.0.3",
      port: 6432,
      name: "name",
      user: "user",
      password: "se cret",
      delay_s: 0.02,
      connection: "pooled",
      pool: 50,
    },
  });
});

test("a variable that makes no sense is named", () => {
  const wrong = {
    UNRIG_PORT: "x",
    UNRIG_WORKERS: "-1",
    UNRIG_BACKLOG: "1.5",
    UNRIG_DB_DELAY: "NaN",
    UNRIG_DB_CONNECTION: "both",
    UNRIG_DB_POOL: "0x10",
  };
  for (const [name, text] of Object.entries(wrong)) {
    assert.throws(() => readSettings({ [name]: text }), new RegExp(name));
  }
});
