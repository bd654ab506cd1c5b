// unrig's HdrHistogram formats against hdr-histogram-js, in both directions: what one writes, the
// other reads, to the last count. Run by node --test; HDR_ORACLE is the path of unrig's side.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import hdr from "hdr-histogram-js";

const HIGHEST = 3_600_000_000_000;

function ours(task, input) {
  const run = spawnSync(process.env.HDR_ORACLE, [task], { input, encoding: "utf8" });
  assert.equal(run.error, undefined);
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

/** A small generator of its own (Park and Miller 1988), so that every run sees the same values. */
function generator(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

function lognormal(random, median, spread) {
  const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  return Math.max(0, Math.min(HIGHEST, Math.round(median * Math.exp(spread * normal))));
}

const random = generator(20261124);
const CASES = {
  "nothing": [],
  "one value": [[123_456_789, 1]],
  "zero and the highest": [[0, 3], [HIGHEST, 1]],
  "with and without a gap": [[1, 1], [2, 5], [4, 63], [5, 64], [2047, 8191], [2048, 8192]],
  "10,000 of 1 ms and a pause of 100 s": [[1_000_000, 10_000], [100_000_000_000, 1]],
  "counts of many bytes": [[10, 2 ** 31], [20, 2 ** 40], [30, 2 ** 50]],
  "response times": Array.from({ length: 20_000 }, () => [lognormal(random, 2e6, 0.8), 1]),
  "all magnitudes": Array.from({ length: 2_000 }, () => [Math.floor(Math.exp(random() * 28.9)), 7]),
};

function theirs(values) {
  const histogram = hdr.build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST,
    numberOfSignificantValueDigits: 3,
  });
  for (const [value, count] of values) histogram.recordValueWithCount(value, count);
  return histogram;
}

const text = (values) => values.map(([value, count]) => `${value} ${count}\n`).join("");

/** "LOWEST_OF_SLOT COUNT" for each slot in use. */
function slots(histogram) {
  const lines = [];
  for (let i = 0; i < histogram.countsArrayLength; ++i) {
    const count = histogram.getCountAtIndex(i);
    if (count > 0) lines.push(`${histogram.valueFromIndex(i)} ${count}`);
  }
  return lines;
}

for (const [name, values] of Object.entries(CASES)) {
  test(`they read our log: ${name}`, () => {
    const reader = new hdr.HistogramLogReader(ours("write-hlog", text(values)), 64);
    const read = reader.nextIntervalHistogram();
    assert.equal(read.tag, "oracle");
    assert.equal(read.endTimeStampMsec - read.startTimeStampMsec, 2250);
    assert.equal(read.totalCount, theirs(values).totalCount);
    assert.deepEqual(slots(read), slots(theirs(values)));
    assert.equal(reader.nextIntervalHistogram(), null);
  });

  test(`we read their log: ${name}`, () => {
    let log = "";
    const writer = new hdr.HistogramLogWriter((content) => (log += content));
    writer.outputLogFormatVersion();
    writer.outputStartTime(1441812279474);
    writer.outputLegend();
    const histogram = theirs(values);
    histogram.tag = "theirs";
    writer.outputIntervalHistogram(histogram, 1.5, 3.75);
    const [head, ...counts] = ours("read-hlog", log).trim().split("\n");
    const [, tag, start, length, total] = head.split(" ");
    assert.deepEqual([tag, start, length], ["theirs", "1.5", "2.25"]);
    assert.equal(Number(total), histogram.totalCount);
    assert.deepEqual(counts, slots(histogram));
  });

  test(`percentiles are the same, and we read theirs: ${name}`, () => {
    const expected = theirs(values).outputPercentileDistribution(5, 1000);
    const written = ours("write-hgrm", text(values));
    // The two round a tie in the last digit differently.
    const digits = (lines) => lines.replace(/\d/g, "#");
    assert.equal(digits(written), digits(expected));
    const numbers = (lines) => lines.match(/\d+\.?\d*/g);
    const found = numbers(written);
    for (const [i, number] of numbers(expected).entries()) {
      const decimals = number.split(".")[1]?.length ?? 0;
      const distance = Math.abs(Number(found[i]) - Number(number));
      assert.ok(distance < 1.5 * 10 ** -decimals && (decimals || distance === 0),
                `number ${i}: ${found[i]} instead of ${number}`);
    }
    const [footer, ...rows] = ours("read-hgrm", expected).trim().split("\n");
    const theirFooter = numbers(expected.split("#[").slice(1, 3).join(""));
    assert.deepEqual(footer.split(" ").map(Number), theirFooter.map(Number));
    const theirRows = expected.split("\n").filter((line) => /^ *\d/.test(line));
    assert.deepEqual(
      rows.map((row) => row.split(" ").map(Number)),
      theirRows.map((row) => row.trim().split(/ +/).slice(0, 3).map(Number)),
    );
  });
}

for (const [digits, lowest, unit] of [[2, 1, 1], [4, 1, 1], [5, 1000, 1], [0, 1, 1], [1, 7, 1]]) {
  test(`we read histograms of ${digits} digits from ${lowest}`, () => {
    const histogram = hdr.build({
      bitBucketSize: 64,
      lowestDiscernibleValue: lowest,
      highestTrackableValue: HIGHEST,
      numberOfSignificantValueDigits: digits,
    });
    for (const [value] of CASES["response times"]) histogram.recordValue(value);
    const log = `0,1,0,${hdr.encodeIntoCompressedBase64(histogram)}\n`;
    const [head, ...counts] = ours("read-hlog", log).trim().split("\n");
    const [, , , , total, low, high] = head.split(" ");
    assert.equal(Number(total), histogram.totalCount);
    // From the slots: their own maximum is one slot too high where the unit is not 1.
    const used = slots(histogram).map((line) => Number(line.split(" ")[0]));
    assert.equal(Number(low), used.at(0));
    assert.equal(Number(high), histogram.highestEquivalentValue(used.at(-1)));
    let seen = 0;
    const half = counts.find(
      (line) => (seen += Number(line.split(" ")[1])) >= histogram.totalCount / 2,
    );
    const median = histogram.getValueAtPercentile(50);
    const slot = median - histogram.lowestEquivalentValue(median);
    assert.ok(Math.abs(Number(half.split(" ")[0]) - median) <= slot + median / 1000);
  });
}
