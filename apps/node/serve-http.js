/** The application on node:http, for any driver. */
import { createServer } from "node:http";

import { open } from "./data.js";
import { CONTENT_TYPE } from "./row.js";
import { KEEP_ALIVE_MS } from "./workers.js";

function end(response, status, type, body) {
  response.writeHead(status, { "Content-Type": type, "Content-Length": body.length });
  response.end(body);
}

/** Serves as `settings` say. */
export function serveHttp(driver, settings) {
  const answer = open(driver, settings.database);
  const server = createServer(async (request, response) => {
    const [path, query] = request.url.split("?", 2);
    if (path !== "/test") {
      end(response, 404, "text/plain", Buffer.from("not found"));
      return;
    }
    try {
      end(response, 200, CONTENT_TYPE, await answer(new URLSearchParams(query).get("a")));
    } catch (error) {
      end(response, 500, "text/plain", Buffer.from(String(error)));
    }
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen({ host: settings.host, port: settings.port, backlog: settings.backlog });
}
