/** What unrig asks of the application, read once from the environment at start. */
import { readFileSync } from "node:fs";

const CONNECTIONS = ["per-request", "pooled", "none"];

/** A whole number. */
function number(environment, name, otherwise) {
  const text = environment[name] || String(otherwise);
  if (!/^[0-9]+$/.test(text)) throw new Error(`${name} is no number: ${text}`);
  return Number(text);
}

function seconds(environment, name) {
  const text = environment[name] || "0";
  const read = Number(text);
  if (!(read >= 0 && read < Infinity)) throw new Error(`${name} is no time to sleep: ${text}`);
  return read;
}

function connection(environment, name) {
  const kind = environment[name] || CONNECTIONS[0];
  if (!CONNECTIONS.includes(kind))
    throw new Error(`${name} is none of ${CONNECTIONS.join(", ")}: ${kind}`);
  return kind;
}

function password(environment, name) {
  const path = environment[name];
  return path ? readFileSync(path, "ascii").trim() : "";
}

/** Of these variables, process.env as a rule. Throws where one of them makes no sense. */
export function readSettings(environment) {
  return {
    host: environment.UNRIG_HOST || "127.0.0.1", // where to listen
    port: number(environment, "UNRIG_PORT", 8000),
    workers: number(environment, "UNRIG_WORKERS", 1),
    backlog: number(environment, "UNRIG_BACKLOG", 2048),
    /** The pooler, or the database itself where there is no pooler. */
    database: {
      host: environment.UNRIG_DB_HOST || "127.0.0.1",
      port: number(environment, "UNRIG_DB_PORT", 5432),
      name: environment.UNRIG_DB_NAME || "unrig",
      user: environment.UNRIG_DB_USER || "unrig",
      password: password(environment, "UNRIG_DB_PASSWORD_FILE"),
      delay_s: seconds(environment, "UNRIG_DB_DELAY"), // inside the statement; 0: there is none
      connection: connection(environment, "UNRIG_DB_CONNECTION"),
      pool: Math.max(1, number(environment, "UNRIG_DB_POOL", 1)), // connections of one worker
    },
  };
}
