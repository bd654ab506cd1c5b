// The report of runs that were never measured (made_store), in a real Chromium: what a reader can
// do with it, that names do no harm, and that nothing leaves the page. Screenshots stay in
// UNRIG_SCREENSHOTS.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import hdr from "hdr-histogram-js";

import { chromiumIn } from "./browser.js";

const { UNRIG_BIN, MADE_STORE, UNRIG_SCREENSHOTS } = process.env;
const folder = mkdtempSync(join(tmpdir(), "unrig-page-"));
const home = join(folder, "home");
let browser;

function run(program, ...words) {
  const done = spawnSync(program, words, { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(done.status, 0, done.stderr);
  return done.stderr;
}

const reports = new Set();

/** The report of these runs, written once. */
function report(...runs) {
  const file = join(folder, `${runs.join("+")}.html`);
  if (!reports.has(file)) run(UNRIG_BIN, "report", "--home", home, "-o", file, ...runs);
  reports.add(file);
  return file;
}

before(async () => {
  run(MADE_STORE, home);
  browser = await chromiumIn(join(folder, "profile"));
  mkdirSync(UNRIG_SCREENSHOTS, { recursive: true });
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the file; fails the test on any word in the console and on any request but the file's. */
async function opened(file, options = {}) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    const url = request.url();
    if (url.split("#")[0] !== pathToFileURL(file).href && !/^(data|blob):/.test(url)) {
      complaints.push(`request: ${url}`);
    }
  });
  await page.setViewportSize({ width: options.width ?? 1280, height: 900 });
  await page.emulateMedia({ colorScheme: options.scheme ?? "light" });
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("html[data-ready]");
  return {
    page,
    done: async () => {
      assert.deepEqual(complaints, []);
      assert.equal(await page.evaluate("window.harmed"), undefined);
      await page.close();
    },
  };
}

const labels = (page) =>
  page
    .locator("#table tbody tr[data-label]")
    .evaluateAll((rows) => rows.map((row) => row.dataset.label));

test("sorts by every column, and says so", async () => {
  const { page, done } = await opened(report("20261124"));
  const ranked = await labels(page);
  assert.equal(ranked.length, 22);
  assert.equal(ranked[0], "sanic");
  const heads = page.locator("#table thead th[aria-sort]");
  const count = await heads.count();
  assert.ok(count >= 13, `${count} columns`);
  for (let i = 0; i < count; ++i) {
    const head = heads.nth(i);
    await head.locator("button").click();
    const first = await head.getAttribute("aria-sort");
    assert.notEqual(first, "none");
    await head.locator("button").click();
    assert.notEqual(await head.getAttribute("aria-sort"), first);
    assert.equal(await page.locator('#table th[aria-sort$="ending"]').count(), 1);
  }
  await page.locator("#table th.c-p99 button").click();
  const times = await page.locator("#table tbody td.c-p99").allInnerTexts();
  const numbers = times.map(Number);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
    "fastest first",
  );
  await page.locator("#table th.c-stack button").click();
  const named = await labels(page);
  assert.deepEqual(
    named,
    [...named].sort((a, b) => a.localeCompare(b)),
  );
  await done();
});

test("filters by any word of a row", async () => {
  const { page, done } = await opened(report("20261124"));
  await page.locator('#table input[type="search"]').fill("flask workers");
  assert.deepEqual((await labels(page)).sort(), [
    "flask-gunicorn",
    "flask-gunicorn (again)",
    "flask-uwsgi",
  ]);
  assert.match(await page.locator('#table [role="status"]').innerText(), /^3 of 22 rows$/);
  await page.locator('#table input[type="search"]').fill("nothing is called so");
  assert.deepEqual(await labels(page), []);
  await done();
});

test("lays up to five stacks over each other", async () => {
  const { page, done } = await opened(report("20261124"));
  const picks = page.locator("#table tbody .pick input");
  assert.equal(await page.locator("#table .pick input:checked").count(), 3);
  await picks.nth(4).check();
  await picks.nth(7).check();
  assert.equal(await picks.nth(9).isDisabled(), true, "five are enough");
  assert.equal(await page.locator("#latency tbody tr").count(), 5);
  assert.equal(await page.locator("#latency .u-over").count(), 1);
  assert.equal(await page.locator("#seconds .u-over").count(), 2);
  await page.locator("#latency .key .remove").first().click();
  assert.equal(await page.locator("#latency tbody tr").count(), 4);
  assert.equal(await picks.nth(0).isChecked(), false);
  await done();
});

test("decodes histograms as others do", async () => {
  const { page, done } = await opened(report("20261124"));
  const shown = await page.locator("#latency tbody tr").first().locator("td").allInnerTexts();
  const told = JSON.parse(
    spawnSync(UNRIG_BIN, ["show", "20261124", "--home", home, "--json", "-"], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    }).stdout,
  );
  const trials = told.trials.filter((t) => t.label === "sanic" && t.verdict.valid);
  const p50 = trials.map((t) => t.response_us.p50 / 1000);
  assert.ok(
    Number(shown[0]) >= Math.min(...p50) - 0.1 && Number(shown[0]) <= Math.max(...p50) + 0.1,
    `${shown[0]} is between those of single trials, ${p50}`,
  );
  const most = Math.max(...trials.map((t) => t.response_us.max)) / 1000;
  assert.ok(Math.abs(Number(shown[4]) / most - 1) < 0.01, `${shown[4]} is ${most}`);
  assert.equal(shown[5].replace(/\D/g, ""), String(3000 * trials.length));
  await done();
});

test("takes any stack for the baseline", async () => {
  const { page, done } = await opened(report("20261124"));
  const of = (label) => page.locator(`#ratios .line[data-label="${label}"] .figures`).innerText();
  assert.equal(await of("flask-gunicorn"), "baseline");
  const before = Number((await of("sanic")).split(" ")[0]);
  assert.ok(Math.abs(before / (1187 / 302) - 1) < 0.03, `${before}`);
  await page.locator('#ratios .line[data-label="aiohttp"] button').click();
  assert.equal(await of("aiohttp"), "baseline");
  assert.ok(Math.abs(Number((await of("sanic")).split(" ")[0]) / (1187 / 1044) - 1) < 0.03);
  assert.ok(Math.abs(Number((await of("flask-gunicorn")).split(" ")[0]) / (302 / 1044) - 1) < 0.03);
  const pressed = page.locator('#ratios button[aria-pressed="true"]');
  assert.deepEqual(await pressed.allInnerTexts(), ["aiohttp"]);
  await done();
});

test("tells why trials do not count, and how likely a place is", async () => {
  const { page, done } = await opened(report("20261124"));
  const row = page.locator('#table tr[data-label="quart-hypercorn"]');
  assert.match(await row.locator("button.why").innerText(), /29 of 30/);
  await row.locator("button.why").click();
  assert.match(
    await page.locator("#table tr.reasons").innerText(),
    /block 3: 12 answers had another/,
  );
  await page.locator("#table select").selectOption("2");
  assert.equal(await page.locator("#table th.c-chance").count(), 1);
  assert.equal(await page.locator('#table tr[data-label="sanic"] .c-chance').innerText(), "100 %");
  assert.equal(await page.locator('#table tr[data-label="tornado"] .c-chance').innerText(), "0 %");
  assert.match(
    await page.locator("#robustness").innerText(),
    /stands without any one of its 30 blocks/,
  );
  assert.match(await page.locator("#earlier").innerText(), /faster in 1 of 1 stored run/);
  await done();
});

test("marks what could not be checked, as runs of earlier versions have it too", async () => {
  const { page, done } = await opened(report("20261124"));
  const open = page.locator("#claims td.open");
  assert.ok((await open.count()) > 0);
  assert.match(await open.first().innerText(), /\?/);
  assert.match(await page.locator("#claims li.open").innerText(), /ptrace is not allowed here/);
  await done();
});

test("tells what became of gates", async () => {
  const { page, done } = await opened(report("20261124"));
  assert.equal(await page.locator('nav a[href="#gates"]').count(), 1);
  const lines = page.locator("#gates tbody tr");
  const outcomes = [];
  for (let i = 0; i < (await lines.count()); ++i) {
    outcomes.push(await lines.nth(i).locator(".chip").innerText());
  }
  assert.deepEqual(outcomes, ["passed", "failed", "passed"]);
  assert.match(await lines.nth(1).innerText(), /flask-gunicorn: throughput > 1000\/s\s+\d+\/s \[/);
  await done();
});

test("is used with the keyboard alone", async () => {
  const { page, done } = await opened(report("20261124"));
  const focused = () => page.evaluate(() => document.activeElement?.innerText ?? "");
  const reach = async (text) => {
    for (let i = 0; i < 200; ++i) {
      await page.keyboard.press("Tab");
      if ((await focused()).trim() === text) return;
    }
    assert.fail(`'${text}' is not reached by Tab`);
  };
  await reach("P99 ms");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#table th.c-p99").getAttribute("aria-sort"), "ascending");
  await page.locator("#ratios h2").click();
  await reach("aiohttp");
  await page.keyboard.press("Space");
  assert.equal(await page.locator('#ratios button[aria-pressed="true"]').innerText(), "aiohttp");
  const nameless = await page
    .locator("button, input, select, a[href]")
    .evaluateAll((all) =>
      all
        .filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length))
        .map((e) => e.outerHTML),
    );
  assert.deepEqual(nameless, [], "each has a name for a screen reader");
  const scopeless = await page.locator("th:not([scope])").count();
  assert.equal(scopeless, 0);
  assert.equal(await page.locator("table:not(:has(caption))").count(), 0);
  await done();
});

test("gives the raw data", async () => {
  const { page, done } = await opened(report("20261124"));
  const saved = async (name) => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name }).click(),
    ]);
    return readFileSync(await download.path(), "utf8");
  };
  const record = JSON.parse(await saved("The record, JSON"));
  assert.equal(record.schema, "unrig.run/1");
  assert.equal(record.seed, 20261124);
  assert.equal(record.trials.length, 22 * 30);
  const told = JSON.parse(
    spawnSync(UNRIG_BIN, ["show", "20261124", "--home", home, "--json", "-"], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    }).stdout,
  );
  const near = (a, b, path) => {
    if (typeof a === "number") assert.ok(Math.abs(a - b) <= 1e-5 * Math.abs(b) + 0.5, path);
    else if (a === null || typeof a !== "object") assert.equal(a, b, path);
    else {
      assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort(), path);
      for (const key of Object.keys(a)) near(a[key], b[key], `${path}.${key}`);
    }
  };
  for (const [i, trial] of record.trials.entries()) {
    const { steps, ...rest } = told.trials[i];
    assert.ok(steps);
    assert.ok(rest.limiter.suspects);
    delete rest.limiter.suspects;
    near(trial, rest, `trials[${i}]`);
  }
  const rows = (await saved("All trials, CSV")).trimEnd().split("\r\n");
  assert.equal(rows.length, 1 + 22 * 30);
  assert.match(rows[0], /^label,block,position,purpose,verdict\.valid,throughput_per_s,/);
  const log = (await saved("All times, HdrHistogram log")).trimEnd().split("\n");
  assert.equal(log.length, 2 + 3 * 22);
  assert.deepEqual(
    intervals(log.join("\n")),
    intervals(exported("hlog")),
    "as the command has them",
  );
  await done();
});

const exported = (format, ...more) => {
  const done = spawnSync(
    UNRIG_BIN,
    ["export", "20261124", "--home", home, "--format", format, ...more],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
};

/** Tag, count, median and maximum of every line of a log, as another HdrHistogram reads it. */
function intervals(text) {
  const reader = new hdr.HistogramLogReader(text);
  const found = {};
  for (let next; (next = reader.nextIntervalHistogram()) !== null; ) {
    const tag = next.tag.replace("issue-delay", "issue_delay");
    found[tag] = [next.totalCount, next.getValueAtPercentile(50), next.maxValue];
  }
  return found;
}

test("logs and percentiles of the command are read by another HdrHistogram", () => {
  const found = intervals(exported("hlog"));
  assert.equal(Object.keys(found).length, 3 * 22);
  const [count, median] = found["sanic-response"];
  assert.equal(count, 3000 * 30);
  assert.ok(Math.abs(median / ((100 / 1187) * 1e9) - 1) < 0.05, `${median} ns`);
  const text = exported("hgrm", "--stack", "sanic");
  const rows = text.split("\n").filter((line) => /^ *[\d.]+ +[\d.]+ +\d/.test(line));
  const half = rows.map((row) => row.trim().split(/ +/)).find(([, share]) => Number(share) >= 0.5);
  assert.ok(Math.abs((Number(half[0]) * 1000) / median - 1) < 0.01, half[0]);
});

test("names that are meant to do harm are text", async () => {
  const { page, done } = await opened(report("20261125"));
  const harm = "</script><script>window.harmed=1</script>";
  assert.ok((await labels(page)).includes(harm));
  assert.match(await page.locator("h1").innerText(), /window\.harmed=1/);
  assert.equal(await page.locator("main img, main svg[onload], main script").count(), 0);
  await page.locator('#table input[type="search"]').fill("harmed");
  // Some go when others are clicked.
  await page.locator("main button").evaluateAll((all) => {
    for (const button of all) if (!/JSON|CSV|log/.test(button.textContent)) button.click();
  });
  assert.equal(await page.evaluate("({}).harmed"), undefined);
  await done();
});

test("the policy holds against what would get in", async () => {
  const { page, done } = await opened(report("20261125"));
  const refused = await page.evaluate(async () => {
    const found = [];
    addEventListener("securitypolicyviolation", (e) => found.push(e.effectiveDirective));
    const script = document.createElement("script");
    try {
      script.text = "window.harmed = 1";
    } catch {
      found.push("trusted types");
    }
    document.body.append(script);
    await fetch("https://example.invalid/").catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    return found;
  });
  assert.ok(refused.includes("connect-src"), `${refused}`);
  assert.ok(refused.includes("trusted types"), `${refused}`);
  assert.equal(await page.evaluate("window.harmed"), undefined);
  await page.close();
  assert.ok(done);
});

test("puts runs side by side", async () => {
  const { page, done } = await opened(report("20261122", "20261124"));
  assert.equal(await page.locator("#runs tbody tr").count(), 22);
  assert.match(await page.locator("#runs").innerText(), /20261124-102030-bbbb/);
  const choice = page.locator(".runs button");
  await choice.nth(1).click();
  assert.match(await page.locator("#answer .meta").innerText(), /20261124-102030-bbbb/);
  await done();
});

test("two runs side by side fit a phone, what they say together first", async () => {
  const { page, done } = await opened(report("20261122", "20261124"), { width: 390 });
  const text = await page.locator("#runs").innerText();
  const said = text.indexOf("22 stacks, 20261124-102030-bbbb over 20261122-102030-aaaa: ");
  assert.ok(said > 0 && said < text.indexOf("flask-gunicorn"), text.slice(0, 400));
  const beyond = await page
    .locator("#runs .scroll")
    .evaluate((element) => element.scrollWidth - element.clientWidth);
  assert.equal(beyond, 0);
  await page.screenshot({ path: join(UNRIG_SCREENSHOTS, "side-by-side-phone.png") });
  await done();
  const other = await opened(report("20261122", "20261125"));
  assert.match(await other.page.locator("#runs").innerText(), /have no stack in common/);
  await other.page.screenshot({ path: join(UNRIG_SCREENSHOTS, "side-by-side-none.png") });
  await other.done();
});

test("without scripts answer and table stand", async () => {
  const file = report("20261124");
  const context = await browser.browser()?.newContext({ javaScriptEnabled: false });
  const page = context ? await context.newPage() : await browser.newPage();
  if (!context) {
    // A persistent context has no switch for it: the protocol has.
    const session = await browser.newCDPSession(page);
    await session.send("Emulation.setScriptExecutionDisabled", { value: true });
  }
  await page.goto(pathToFileURL(file).href);
  assert.match(await page.locator("h1").innerText(), /^sanic is the fastest: /);
  assert.equal(await page.locator("tbody tr").count(), 21);
  assert.equal(await page.locator("thead th").first().innerText(), "Rank");
  await page.screenshot({ path: join(UNRIG_SCREENSHOTS, "without-scripts.png") });
  await page.close();
});

test("fits a phone and a desk, in light and dark", async () => {
  const file = report("20261124");
  for (const [name, width] of [
    ["phone", 390],
    ["desktop", 1280],
  ]) {
    for (const scheme of ["light", "dark"]) {
      const { page, done } = await opened(file, { width, scheme });
      assert.ok(
        (await page.evaluate("document.documentElement.scrollWidth")) <= width,
        `${name}: nothing is wider than the screen`,
      );
      const back = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      assert.equal(back === "rgb(255, 255, 255)", scheme === "light", back);
      const path = join(UNRIG_SCREENSHOTS, `${name}-${scheme}.png`);
      await page.screenshot({ path, fullPage: true });
      await done();
    }
  }
  const { page, done } = await opened(file);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("nav").isVisible(), false);
  await page.screenshot({ path: join(UNRIG_SCREENSHOTS, "print.png"), fullPage: true });
  await done();
});

test("is small", () => {
  const file = report("20261124");
  assert.ok(statSync(file).size < 1_500_000, `${statSync(file).size} bytes`);
});
