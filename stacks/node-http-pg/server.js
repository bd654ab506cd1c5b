/** The application on node:http, with pg. */
import * as pg from "./driver-pg.js";
import { serveHttp } from "./serve-http.js";
import { run } from "./workers.js";

run((settings) => serveHttp(pg, settings));
