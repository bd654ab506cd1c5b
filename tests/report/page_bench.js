// How long a report takes: to be written, and in a real Chromium until its table has been sorted
// for the first time. Of made-up runs (made_store), the median of several times:
//
//   make bench-report
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromiumIn } from "./browser.js";

const { UNRIG_BIN, MADE_STORE } = process.env;
const TIMES = 7;
// Blocks of 21 stacks and a double of one of them, and seconds to stay below.
const RUNS = [
  { blocks: 30, written: 1, interactive: 1 },
  { blocks: 455, written: 3, interactive: null },
];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function seconds(program, ...words) {
  const began = performance.now();
  const done = spawnSync(program, words, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`${program} ${words.join(" ")}: ${done.stderr}`);
  return (performance.now() - began) / 1000;
}

/** In the page, from before its first script: sorts as soon as there is something to sort by, and
 * says when that was painted. performance.now() counts from the start of the navigation. */
function sortAtOnce() {
  const frame = () => {
    const head = document.querySelector("html[data-ready] #table th.c-p99");
    if (!head) return requestAnimationFrame(frame);
    head.querySelector("button").click();
    const sorted = () => {
      if (head.getAttribute("aria-sort") === "none") return requestAnimationFrame(sorted);
      requestAnimationFrame(() => (window.sortedAt = performance.now()));
    };
    sorted();
  };
  requestAnimationFrame(frame);
}

async function untilSorted(browser, file) {
  const page = await browser.newPage();
  await page.addInitScript(sortAtOnce);
  await page.goto(pathToFileURL(file).href);
  const at = await page.waitForFunction(() => window.sortedAt);
  const found = (await at.jsonValue()) / 1000;
  await page.close();
  return found;
}

function say(what, values, goal) {
  const middle = median(values);
  const spread = `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  const judged = goal === null ? "" : `  goal ${goal} s${middle < goal ? "" : ": missed"}`;
  console.log(`  ${what.padEnd(12)}${middle.toFixed(2)} s  (${spread})${judged}`);
}

const folder = mkdtempSync(join(tmpdir(), "unrig-page-"));
const browser = await chromiumIn(join(folder, "profile"));
try {
  for (const { blocks, written, interactive } of RUNS) {
    const home = join(folder, `home-${blocks}`);
    const file = join(folder, `${blocks}.html`);
    seconds(MADE_STORE, home, String(blocks));
    const report = () => seconds(UNRIG_BIN, "report", "--home", home, "-o", file);
    report(); // the first one finds the file of the store in no cache
    const times = Array.from({ length: TIMES }, report);
    const sorted = [];
    for (let i = 0; i < TIMES; ++i) sorted.push(await untilSorted(browser, file));
    const size = Math.round(statSync(file).size / 1000);
    console.log(`22 stacks, ${blocks} blocks, ${22 * blocks} trials: ${size} kB`);
    say("written", times, written);
    say("interactive", sorted, interactive);
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
