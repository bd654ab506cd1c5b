/** Runs one function in several processes on one listening socket. All end together, however the
 * first of them ends. */
import cluster from "node:cluster";
import process from "node:process";

import { readSettings } from "./settings.js";

/** Longer than nginx keeps an idle connection here (600 s): who is behind a proxy must not be the
 * first to close, or requests get lost in between. */
export const KEEP_ALIVE_MS = 610_000;

/** Calls `serve(settings)` in each worker. It has to listen at settings.host and settings.port with
 * settings.backlog. */
export function run(serve) {
  const settings = readSettings(process.env);
  if (cluster.isWorker) {
    serve(settings);
    return;
  }
  // Workers accept by themselves, as those of all other stacks do. By default, the leader would
  // accept each connection and send it to a worker: more evenly than the kernel shares them out,
  // and at the price of one more process with work for each new connection.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // Workers end when their leader is gone. One with fewer than it claims must not go on.
  cluster.on("exit", () => {
    console.error("a worker ended");
    process.exit(1);
  });
  for (let i = 0; i < settings.workers; ++i) cluster.fork();
}
