/** The application on Fastify, with postgres. */
import fastify from "fastify";

import { open } from "./data.js";
import * as postgres from "./driver-postgres.js";
import { CONTENT_TYPE } from "./row.js";
import { KEEP_ALIVE_MS, run } from "./workers.js";

run(async ({ host, port, backlog, database }) => {
  const answer = open(postgres, database);
  const app = fastify({ keepAliveTimeout: KEEP_ALIVE_MS });
  app.get("/test", async (request, reply) => {
    const body = await answer(request.query.a);
    reply.header("Content-Type", CONTENT_TYPE);
    return body;
  });
  await app.listen({ host, port, backlog });
});
