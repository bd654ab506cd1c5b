/** The application on node:http, with postgres. */
import * as postgres from "./driver-postgres.js";
import { serveHttp } from "./serve-http.js";
import { run } from "./workers.js";

run((settings) => serveHttp(postgres, settings));
