/** The raw data, as files. */
import { type RunData, trialsOf } from "./data";
import { decodeHistogram, quantile } from "./histogram";
import { Section } from "./section";

function save(name: string, type: string, text: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Seeds may be beyond what a browser's numbers hold: kept as text, and written as numbers. */
function recordText(run: RunData): string {
  const record = { ...run.record, trials: trialsOf(run).records() };
  return JSON.stringify(record, null, 1).replace(/^( *"seed": )"(\d+)"/gm, "$1$2");
}

/** As RFC 4180 has it; what a spreadsheet would take for a formula is marked as text. */
function field(value: unknown): string {
  if (value === null || value === undefined) return "";
  let text = typeof value === "object" ? JSON.stringify(value) : String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvText(run: RunData): string {
  const trials = trialsOf(run);
  const first = ["label", "block", "position", "purpose", "verdict.valid", "throughput_per_s"];
  const names = [...first, ...trials.names().filter((n) => !first.includes(n) && n !== "seconds")];
  const rows = [...Array(trials.count).keys()].map((i) =>
    names.map((name) => field(trials.at(name, i))).join(","),
  );
  return [names.map(field).join(","), ...rows, ""].join("\r\n");
}

/** HdrHistogram's log: one line per stack and kind of time, as the store has them. */
function logText(run: RunData): string {
  const lines = Object.entries(run.times).flatMap(([label, times]) =>
    (["response", "service", "issue_delay"] as const).map((kind) => {
      const most = quantile(decodeHistogram(times[kind]), 1) / 1e6;
      const tag = `${label}-${kind}`.replace(/[\s,="]+/g, "_");
      const length = run.record.duration_seconds.toFixed(3);
      return `Tag=${tag},0.000,${length},${most.toFixed(3)},${times[kind]}`;
    }),
  );
  return [
    "#[Histogram log format version 1.3]",
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...lines,
    "",
  ].join("\n");
}

export function Download({ run }: { run: RunData }) {
  const name = run.record.run;
  return (
    <Section id="data" title="Raw data">
      <div class="controls">
        <button onClick={() => save(`${name}.json`, "application/json", recordText(run))}>
          The record, JSON
        </button>
        <button onClick={() => save(`${name}.csv`, "text/csv", csvText(run))}>
          All trials, CSV
        </button>
        {Object.keys(run.times).length > 0 && (
          <button onClick={() => save(`${name}.hlog`, "text/plain", logText(run))}>
            All times, HdrHistogram log
          </button>
        )}
      </div>
      <p class="note">
        Figures of single trials have six significant digits here, and their steps of 100 ms and
        what was not their limiter are left out; <code>unrig show {name} --json -</code> prints them
        where the run is stored.
      </p>
    </Section>
  );
}
