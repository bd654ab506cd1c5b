/** What stands in the page's data: the record unrig.run/1, and what C++ found besides. */
import { strFromU8, unzlibSync } from "fflate";

export interface Estimate {
  estimate: number | null;
  low: number | null;
  high: number | null;
  confidence: number;
}

export interface Claim {
  claim: string;
  expected: string;
  observed: string;
  ok: boolean | "not checked";
}

export interface Suspect {
  name: string;
  knob: string | null;
  margin: number | null;
  evidence: string[];
}

export interface Limiter {
  name: string;
  confirmed: boolean;
  evidence: string[];
  /** Not there in records of earlier versions. */
  suspects?: Suspect[];
  /** Of a cell that was put to the test. */
  elasticities?: Elasticity[];
}

/** What one change of a setting showed. */
export interface Elasticity {
  suspect: string;
  knob: string | null;
  from: number | null;
  to: number | null;
  elasticity: Estimate;
  blocks: number;
  verdict: string;
  not_checked: string | null;
}

export interface Cell {
  label: string;
  stack: string;
  framework: string;
  server: string;
  concurrency: string | null; // null: of a URL, like the workers
  vintage: string;
  note: string;
  workers: number | null;
  knobs: Record<string, string>;
  role: string;
  trials: number;
  valid_trials: number;
  accepted_trials: number;
  disturbed: null | {
    trials: number;
    throughput_per_s: Estimate;
    ratio: Estimate;
    p50_us: Estimate;
    p99_us: Estimate;
    cpu_us_per_request: number | null;
    limiter: Limiter;
  };
  failure: string | null;
  reasons: string[];
  not_checked: { what: string; why: string }[];
  claims: Claim[];
  /** What it claims and nobody could check. Not there in records of earlier versions. */
  unproven?: string[];
  throughput_per_s: Estimate;
  ratio: Estimate;
  ratio_together: Estimate;
  ratio_comparable: boolean | null;
  disturbed_ratio: Estimate | null;
  equal_work: boolean | null;
  /** Not there in records of earlier versions. */
  later?: null | {
    usual_seconds: number;
    later_seconds: number;
    ratio: number;
    steady: boolean;
  };
  seen: null | { runs: number; low: number; high: number; above: number };
  p50_us: Estimate;
  p99_us: Estimate;
  p50_missing: string | null;
  p99_missing: string | null;
  db_sessions: { max: number | null; mean: number | null };
  cpu_us_per_request: number | null;
  rank: null | { low: number; high: number };
  tie_group: number | null;
  verdict: string;
  limiter: Limiter;
}

export interface Grid {
  knobs: string[];
  beside: string;
  confidence: number;
  settings: {
    knobs: Record<string, string>;
    ratios: { label: string; name: string; ratio: Estimate; verdict: string | null }[];
  }[];
}

export interface RunRecord {
  run: string;
  unrig: { version: string; commit: string };
  started_at: string;
  seed: string;
  blocks: number;
  margin: number;
  warmup_seconds: number;
  duration_seconds: number;
  baseline: string;
  /** Not there in records of earlier versions. */
  accept_unproven?: boolean;
  scenario: { name: string; knobs: Record<string, string> };
  versions: Record<string, string>;
  host: {
    hostname: string;
    os: string;
    kernel: string;
    cpu_model: string;
    cores: number;
    memory_bytes: number | null;
    virtualization: string;
    settings: Record<string, string>;
  };
  cells: Cell[];
  noise_floor: null | { label: string; ratio: Estimate; trial_spread: number };
  grid: Grid | null;
  advice: string[];
  [more: string]: unknown;
}

export interface Robustness {
  first: string;
  second: string;
  fresh: boolean;
  ratio: Estimate;
  without: { block: number; ratio: Estimate; same: boolean }[];
  stands: boolean;
  sentence: string;
}

export interface Cpu {
  label: string;
  load: number | null;
  proxy: number | null;
  app: number | null;
  pooler: number | null;
  database: number | null;
  unattributed: number | null;
}

export interface RunData {
  record: RunRecord;
  answer: string;
  verdict: "sure" | "undecided" | "invalid";
  heading: string[];
  notes: string[];
  hazards: string[];
  repeat: string;
  hashes: { label: string; stack: string; lock: string }[];
  ranked: string[];
  pairs: { a: number; b: number; ratio: Estimate; differs: boolean }[];
  chances: number[][];
  robustness: Robustness | null;
  gates: {
    title: string;
    figure: string;
    outcome: "passed" | "failed" | "undecided";
    why: string;
  }[];
  cpu: Cpu[];
  audit: {
    labels: string[];
    columns: { name: string; values: (null | { text: string; differs: boolean })[] }[];
    findings: string[];
    not_checked: { why: string; labels: string[] }[];
  };
  times: Record<string, { response: string; service: string; issue_delay: string }>;
  trials: string;
}

export interface Comparison {
  a: string;
  b: string;
  sentence: string;
  forced: boolean;
  differences: { what: string; a: string; b: string; bars: boolean }[];
  cells: {
    label: string;
    ratio_together: Estimate;
    throughput_per_s: { a: Estimate; b: Estimate };
    verdict: string;
    sentence: string;
  }[];
}

export interface Page {
  schema: string;
  runs: RunData[];
  comparisons: Comparison[];
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

type Column = unknown[] | { all: unknown };

/** The trials of a run, which lie there as compressed columns. */
export class Trials {
  readonly count: number;
  private readonly columns: Record<string, Column>;

  constructor(packed: string) {
    const json = JSON.parse(strFromU8(unzlibSync(bytesOf(packed))));
    this.count = json.count;
    this.columns = json.columns;
  }

  names(): string[] {
    return Object.keys(this.columns);
  }

  at<Value>(name: string, trial: number): Value | null {
    const column = this.columns[name];
    if (column === undefined) return null;
    return (Array.isArray(column) ? column[trial] : column.all) as Value | null;
  }

  /** Places of the trials of a cell, in the order in which they ran. */
  of(label: string): number[] {
    return [...Array(this.count).keys()].filter((i) => this.at("label", i) === label);
  }

  /** Every trial as unrig.run/1 has it, without the steps of 100 ms. */
  records(): Record<string, unknown>[] {
    return [...Array(this.count).keys()].map((i) => {
      const record: Record<string, unknown> = {};
      for (const name of this.names()) {
        const path = name.split(".");
        let place = record;
        for (const part of path.slice(0, -1)) {
          place = (place[part] ??= {}) as Record<string, unknown>;
        }
        place[path[path.length - 1]!] = this.at(name, i);
      }
      const [completed, mean] = (record.seconds ?? [[], []]) as [number[], number[]];
      record.seconds = completed.map((n, k) => ({ completed: n, mean_us: mean[k] }));
      return record;
    });
  }
}

const decoded = new WeakMap<RunData, Trials>();

export function trialsOf(run: RunData): Trials {
  let trials = decoded.get(run);
  if (!trials) decoded.set(run, (trials = new Trials(run.trials)));
  return trials;
}

export function readPage(): Page {
  return JSON.parse(document.getElementById("data")!.textContent!);
}
