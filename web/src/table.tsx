/** The table of all stacks: sorted by any column, filtered, with reasons beside the numbers. */
import { Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";

import { Bar, kindOf } from "./bar";
import type { Cell, Estimate, RunData } from "./data";
import { colourOf, type Chosen } from "./chosen";
import { scaleOf } from "./scale";
import { Section } from "./section";
import { counted, interval, milliseconds, range, ratio, short } from "./text";

const NONE: Estimate = { estimate: null, low: null, high: null, confidence: 0.95 };

/** A cell with the figures that are shown of it: where none of its trials counts, the disturbed. */
interface Line {
  cell: Cell;
  marked: boolean; // its ratio is of disturbed trials
  away: boolean; // so is all of it
  ratio: Estimate;
  rate: number | null;
  p50: number | null;
  p99: number | null;
  cpu: number | null;
  limiter: string;
  chance: number | null;
}

function lineOf(run: RunData, cell: Cell, places: number): Line {
  const away = cell.rank === null ? cell.disturbed : null;
  const rank = run.ranked.indexOf(cell.label);
  const chances = rank < 0 ? undefined : run.chances[rank];
  return {
    cell,
    away: away !== null,
    marked: away !== null || cell.disturbed_ratio !== null,
    ratio: away ? away.ratio : (cell.disturbed_ratio ?? cell.ratio_together ?? NONE),
    rate: (away ?? cell).throughput_per_s.estimate,
    p50: (away ?? cell).p50_us.estimate,
    p99: (away ?? cell).p99_us.estimate,
    cpu: (away ?? cell).cpu_us_per_request,
    limiter: cell.valid_trials > 0 || away ? (away ?? cell).limiter.name : "",
    chance: chances?.length ? chances[Math.min(places, chances.length) - 1]! : null,
  };
}

interface Column {
  key: string;
  head: string;
  title: string;
  number?: boolean;
  value: (line: Line) => number | string | null;
}

function columnsOf(run: RunData, lines: Line[], places: number | null): Column[] {
  const columns: Column[] = [
    {
      key: "rank",
      head: "Rank",
      number: true,
      title: "Places that it can have; all hold together at 95 %",
      value: (l) => l.cell.rank && l.cell.rank.low * 1000 + run.ranked.indexOf(l.cell.label),
    },
    { key: "stack", head: "Stack", title: "Framework and server", value: (l) => l.cell.label },
    {
      key: "type",
      head: "Type",
      title: "How it serves many requests at once",
      value: (l) => l.cell.concurrency,
    },
    {
      key: "workers",
      head: "Wrk",
      number: true,
      title: "Worker processes",
      value: (l) => l.cell.workers,
    },
    {
      key: "ratio",
      head: "Ratio",
      number: true,
      title: `Throughput over that of ${run.record.baseline}, paired by block`,
      value: (l) => l.ratio.estimate,
    },
    {
      key: "interval",
      head: "95 % together",
      title: "Interval of the ratio; all hold at once",
      value: (l) => l.ratio.low,
    },
    {
      key: "rate",
      head: "Req/s",
      number: true,
      title: "Completed requests per second",
      value: (l) => l.rate,
    },
    {
      key: "p50",
      head: "P50 ms",
      number: true,
      title: "Half of the requests were faster",
      value: (l) => l.p50,
    },
    {
      key: "p99",
      head: "P99 ms",
      number: true,
      title: "99 of 100 requests were faster",
      value: (l) => l.p99,
    },
    {
      key: "sessions",
      head: "#DB",
      number: true,
      title: "Most database sessions at once",
      value: (l) => l.cell.db_sessions.max,
    },
    {
      key: "cpu",
      head: "CPU µs",
      number: true,
      title: "CPU time of the chain per request",
      value: (l) => l.cpu,
    },
    {
      key: "limiter",
      head: "Limiter",
      title: "What most likely bounded the throughput",
      value: (l) => l.limiter,
    },
    {
      key: "seen",
      head: "Earlier runs",
      title: "The same ratio in earlier runs here",
      value: (l) => l.cell.seen && l.cell.seen.low,
    },
    {
      key: "valid",
      head: "Valid trials",
      title: "How many trials count; why others do not",
      value: (l) => l.cell.valid_trials / Math.max(1, l.cell.trials),
    },
  ];
  if (places !== null) {
    columns.splice(1, 0, {
      key: "chance",
      head: `P(rank ≤ ${places})`,
      number: true,
      title: "How likely it is among the first, from how its blocks scatter",
      value: (l) => l.chance,
    });
  }
  const blank = (value: unknown) => value === null || value === "" || value === 0;
  const always = new Set(["rank", "stack", "ratio", "interval", "rate", "p50", "p99", "valid"]);
  return columns.filter((c) => always.has(c.key) || !lines.every((l) => blank(c.value(l))));
}

function compare(a: number | string | null, b: number | string | null, down: boolean): number {
  if (a === null || b === null || a === "" || b === "") {
    return Number(a === null || a === "") - Number(b === null || b === "");
  }
  const order = typeof a === "string" ? a.localeCompare(String(b)) : a - Number(b);
  return down ? -order : order;
}

function rankText(cell: Cell): string {
  if (cell.rank === null) return "–";
  const { low, high } = cell.rank;
  if (low !== high && cell.throughput_per_s.low === null) return "–";
  return low === high ? String(low) : `${low}–${high}`;
}

function unprovenOf(cell: Cell): string[] {
  return cell.unproven ?? [];
}

function validText(run: RunData, cell: Cell): string {
  if (cell.failure !== null) return "not measured";
  if (cell.claims.some((c) => c.ok === false)) return "not as claimed";
  const unproven = unprovenOf(cell).length > 0;
  if (unproven && !run.record.accept_unproven) return "not proven";
  const mark = unproven ? ", unproven" : "";
  if (cell.accepted_trials > 0) {
    return `${cell.valid_trials} of ${cell.trials}, ${cell.accepted_trials} disturbed${mark}`;
  }
  return `${cell.valid_trials} of ${cell.trials}${mark}`;
}

function marksOf(cell: Cell): [string, string][] {
  const marks: [string, string][] = [];
  if (cell.ratio_comparable === false) {
    marks.push(["!", "Not limited by what limits the baseline: a ratio of two limits"]);
  }
  if (cell.equal_work === false) marks.push(["+", "Not as many statements per request"]);
  if (cell.later?.steady === false) {
    const { ratio, later_seconds: later, usual_seconds: usual } = cell.later;
    marks.push(["^", `${ratio.toFixed(2)} times as many after ${later} s as after ${usual} s`]);
  }
  if (cell.note) marks.push(["*", cell.note]);
  if (unprovenOf(cell).length > 0) marks.push(["?", `Not proven: ${unprovenOf(cell).join("; ")}`]);
  return marks;
}

function Cells({
  line,
  column,
  scale,
  run,
}: {
  line: Line;
  column: Column;
  scale: ReturnType<typeof scaleOf>;
  run: RunData;
}) {
  const { cell, marked } = line;
  const tilde = marked ? "~" : "";
  switch (column.key) {
    case "rank":
      return <>{rankText(cell)}</>;
    case "chance":
      return <>{line.chance === null ? "–" : `${(line.chance * 100).toFixed(0)} %`}</>;
    case "type":
      return <>{cell.concurrency}</>;
    case "workers":
      return <>{cell.workers || "–"}</>;
    case "ratio":
      return (
        <>
          {marksOf(cell).map(([mark, why]) => (
            <abbr class="mark" title={why} key={mark}>
              {mark}
            </abbr>
          ))}
          {tilde}
          {ratio(line.ratio.estimate)}
        </>
      );
    case "interval":
      return cell.label === run.record.baseline ? (
        <span class="muted">baseline</span>
      ) : (
        <span class="interval">
          <Bar ratio={line.ratio} scale={scale} kind={kindOf(line.ratio)} height={16} />
          <span>{interval(line.ratio)}</span>
        </span>
      );
    case "rate":
      return (
        <>
          {line.away ? "~" : ""}
          {short(line.rate)}
        </>
      );
    case "p50":
      return <>{milliseconds(line.p50)}</>;
    case "p99":
      return line.p99 === null && cell.p99_missing ? (
        <abbr title={cell.p99_missing}>–</abbr>
      ) : (
        <>{milliseconds(line.p99)}</>
      );
    case "sessions":
      return <>{cell.db_sessions.max ?? "–"}</>;
    case "cpu":
      return <>{short(line.cpu)}</>;
    case "limiter":
      return <>{line.limiter || "–"}</>;
    case "seen":
      return (
        <>{cell.seen ? `${range(cell.seen.low, cell.seen.high)} in ${cell.seen.runs}` : "–"}</>
      );
    default:
      return null;
  }
}

function Reasons({ cell, columns }: { cell: Cell; columns: number }) {
  return (
    <tr class="reasons" id={`reasons-${cell.label}`}>
      <td colSpan={columns}>
        <ul>
          {cell.reasons.map((reason, i) => (
            <li key={i}>{reason}</li>
          ))}
        </ul>
        {cell.not_checked.map((figure, i) => (
          <p key={i} class="muted">
            Not checked: {figure.what}: {figure.why}
          </p>
        ))}
      </td>
    </tr>
  );
}

function Row({
  line,
  columns,
  chosen,
  scale,
  run,
  tied,
}: {
  line: Line;
  columns: Column[];
  chosen: Chosen;
  scale: ReturnType<typeof scaleOf>;
  run: RunData;
  tied: string;
}) {
  const [open, setOpen] = useState(false);
  const { cell } = line;
  const why = cell.reasons.length + cell.not_checked.length > 0;
  const colour = colourOf(chosen, cell.label);
  return (
    <Fragment>
      <tr class={`${cell.rank ? "" : "unranked"} ${tied}`} data-label={cell.label}>
        <td class="pick">
          <input
            type="checkbox"
            checked={colour !== null}
            class={`pick-${colour ?? "none"}`}
            disabled={colour === null && chosen.full}
            aria-label={`Show ${cell.label} in the charts`}
            onChange={() => chosen.toggle(cell.label)}
          />
        </td>
        {columns.map((column) => {
          const type = column.number ? "number" : undefined;
          if (column.key === "stack") {
            return (
              <th scope="row" key="stack">
                <bdi>{cell.label}</bdi>
              </th>
            );
          }
          if (column.key === "valid") {
            const count = cell.reasons.length;
            return (
              <td key="valid" class={cell.valid_trials < cell.trials ? "lacking" : undefined}>
                {why ? (
                  <button
                    class="why"
                    aria-expanded={open}
                    aria-controls={`reasons-${cell.label}`}
                    onClick={() => setOpen(!open)}
                    title={count ? counted(count, "reason") : "what was not checked"}
                  >
                    {validText(run, cell)}
                  </button>
                ) : (
                  validText(run, cell)
                )}
              </td>
            );
          }
          const klass = `${type ?? ""} c-${column.key}`;
          return (
            <td key={column.key} class={klass}>
              <Cells line={line} column={column} scale={scale} run={run} />
            </td>
          );
        })}
      </tr>
      {open && <Reasons cell={cell} columns={columns.length + 1} />}
    </Fragment>
  );
}

/** Whether neighbours in the order of the ranks cannot be told apart. */
function tieOf(lines: Line[], i: number): string {
  const group = lines[i]!.cell.tie_group;
  if (group === null) return "";
  const above = lines[i - 1]?.cell.tie_group === group;
  const below = lines[i + 1]?.cell.tie_group === group;
  return above || below ? `tied${above ? "" : " tied-first"}${below ? "" : " tied-last"}` : "";
}

export function Table({ run, chosen }: { run: RunData; chosen: Chosen }) {
  const [sort, setSort] = useState({ key: "rank", down: false });
  const [filter, setFilter] = useState("");
  const [places, setPlaces] = useState<number | null>(null);
  const all = useMemo(
    () => run.record.cells.map((cell) => lineOf(run, cell, places ?? 1)),
    [run, places],
  );
  const columns = columnsOf(run, all, places);
  const scale = scaleOf(all.map((line) => line.ratio));
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (l: Line) =>
    [l.cell.label, l.cell.framework, l.cell.server, l.cell.concurrency, l.limiter, l.cell.note]
      .join(" ")
      .toLowerCase();
  const column = columns.find((c) => c.key === sort.key) ?? columns[0]!;
  const lines = all
    .filter((l) => words.every((word) => text(l).includes(word)))
    .map((line, i) => ({ line, i }))
    .sort((a, b) => compare(column.value(a.line), column.value(b.line), sort.down) || a.i - b.i)
    .map(({ line }) => line);
  const byRank = column.key === "rank" && !sort.down;
  const first = (c: Column) =>
    c.number && !["rank", "p50", "p99", "cpu", "workers"].includes(c.key);
  const order = (c: Column) =>
    setSort(
      sort.key === c.key ? { key: c.key, down: !sort.down } : { key: c.key, down: !!first(c) },
    );
  const ties = byRank && lines.some((_, i) => tieOf(lines, i) !== "");
  return (
    <Section
      id="table"
      title="All stacks"
      lead={
        <>
          Ratios are to <bdi>{run.record.baseline}</bdi>. Tick up to five stacks to see them in the
          charts.
        </>
      }
    >
      <div class="controls">
        <label>
          <span>Filter</span>
          <input
            type="search"
            value={filter}
            placeholder="flask, async, cpu …"
            onInput={(e) => setFilter(e.currentTarget.value)}
          />
        </label>
        {run.ranked.length > 1 && run.chances.some((c) => c.length > 0) && (
          <label>
            <span>Chance to be among the first</span>
            <select
              value={places ?? ""}
              onChange={(e) => setPlaces(Number(e.currentTarget.value) || null)}
            >
              <option value="">off</option>
              {run.ranked.slice(0, -1).map((_, k) => (
                <option value={k + 1} key={k}>
                  {k + 1}
                </option>
              ))}
            </select>
          </label>
        )}
        <span class="muted" role="status">
          {lines.length === all.length
            ? counted(all.length, "row")
            : `${lines.length} of ${counted(all.length, "row")}`}
        </span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="All stacks">
        <table class="stacks">
          <caption class="hidden">All stacks, one a row</caption>
          <thead>
            <tr>
              <th scope="col" class="pick">
                <span class="hidden">In the charts</span>
              </th>
              {columns.map((c) => (
                <th
                  scope="col"
                  key={c.key}
                  class={`${c.number ? "number" : ""} c-${c.key}`}
                  aria-sort={c !== column ? "none" : sort.down ? "descending" : "ascending"}
                >
                  <button title={c.title} onClick={() => order(c)}>
                    {c.head}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line, i) => (
              <Row
                key={line.cell.label}
                line={line}
                columns={columns}
                chosen={chosen}
                run={run}
                scale={scale}
                tied={byRank ? tieOf(lines, i) : ""}
              />
            ))}
          </tbody>
        </table>
      </div>
      {ties && (
        <p class="note">
          A bar at the left ties stacks that this run cannot tell from the first of them.
        </p>
      )}
      {run.notes.length > 0 && (
        <details class="note" open={run.notes.length < 8}>
          <summary>What the marks mean, and what does not count</summary>
          <pre>{run.notes.join("\n")}</pre>
        </details>
      )}
    </Section>
  );
}
