import "uplot/dist/uPlot.min.css";
import "./style.css";

import { render } from "preact";
import { useState } from "preact/hooks";

import { Claims, Wire } from "./checks";
import { useChosen } from "./chosen";
import { CpuTime } from "./cpu";
import { type Page, readPage, type RunData } from "./data";
import { Download } from "./download";
import { Forest } from "./forest";
import { Gates } from "./gates";
import { GridRatios } from "./grid";
import { Latency } from "./latency";
import { Limiters } from "./limiters";
import { Series } from "./series";
import { Setup } from "./setup";
import { SideBySide } from "./sides";
import { EarlierRuns, WithoutOneBlock } from "./robustness";
import { Table } from "./table";
import { interval, percent, ratio } from "./text";

const VERDICTS = {
  sure: ["sure at 95 %", "good"],
  undecided: ["undecided", "open"],
  invalid: ["nothing valid", "bad"],
} as const;

const PARTS = [
  ["gates", "Gates"],
  ["table", "Stacks"],
  ["ratios", "Ratios"],
  ["latency", "Latency"],
  ["seconds", "Seconds"],
  ["cpu", "CPU"],
  ["limiters", "Limiters"],
  ["claims", "Claims"],
  ["wire", "Wire"],
  ["setup", "Setup"],
  ["data", "Data"],
  ["robustness", "Without a block"],
  ["earlier", "Earlier runs"],
] as const;

/** What turns the direction of all text behind it; names in tables are isolated from it. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

function Answer({ run }: { run: RunData }) {
  const [verdict, kind] = VERDICTS[run.verdict];
  const { robustness, record } = run;
  const floor = record.noise_floor;
  // What comes first is the answer; the rest says how far it goes.
  const [first, ...rest] = run.answer.replace(TURNING, "\ufffd").split("; ");
  return (
    <header id="answer">
      <p class="meta">
        <span class={`chip ${kind}`}>{verdict}</span>
        <span>{record.run}</span>
        <span>scenario {record.scenario.name}</span>
        <span>
          {record.host.cores} cores, {record.host.cpu_model}
        </span>
      </p>
      <h1>{first}</h1>
      {rest.length > 0 && <p class="lead">{rest.join("; ")}</p>}
      <dl class="facts">
        {robustness && (
          <div>
            <dt>
              <bdi>{robustness.first}</bdi> over <bdi>{robustness.second}</bdi>
            </dt>
            <dd>
              {ratio(robustness.ratio.estimate)} <small>{interval(robustness.ratio)}</small>
            </dd>
          </div>
        )}
        <div>
          <dt>Trials that count</dt>
          <dd>
            {record.cells.reduce((sum, c) => sum + c.valid_trials, 0)}{" "}
            <small>of {record.cells.reduce((sum, c) => sum + c.trials, 0)}</small>
          </dd>
        </div>
        <div>
          <dt>Noise floor</dt>
          <dd>
            {floor ? (
              <>
                {ratio(floor.ratio.estimate, 3)} <small>{interval(floor.ratio, 3)}</small>
              </>
            ) : (
              <small>not measured</small>
            )}
          </dd>
        </div>
        {robustness && robustness.without.length > 0 && (
          <div>
            <dt>Without any one block</dt>
            <dd>{robustness.stands ? "stands" : "turns"}</dd>
          </div>
        )}
        <div>
          <dt>Equivalent below</dt>
          <dd>{percent(record.margin, 0)}</dd>
        </div>
      </dl>
    </header>
  );
}

function Contents({ parts }: { parts: Set<string> }) {
  return (
    <nav aria-label="Parts of this report">
      {PARTS.filter(([id]) => parts.has(id)).map(([id, name]) => (
        <a key={id} href={`#${id}`}>
          {name}
        </a>
      ))}
    </nav>
  );
}

function Run({ run }: { run: RunData }) {
  const chosen = useChosen(run.ranked.slice(0, 3));
  const compared = run.ranked.length > 1;
  const parts = new Set(PARTS.map(([id]) => id as string));
  if (!compared) parts.delete("ratios");
  if (!run.robustness) parts.delete("robustness");
  if (run.gates.length === 0) parts.delete("gates");
  return (
    <>
      <Answer run={run} />
      <Contents parts={parts} />
      {run.gates.length > 0 && <Gates run={run} />}
      <Table run={run} chosen={chosen} />
      {run.record.grid && <GridRatios grid={run.record.grid} />}
      {compared && <Forest run={run} />}
      <Latency run={run} chosen={chosen} />
      <Series run={run} chosen={chosen} />
      <CpuTime run={run} />
      <Limiters run={run} />
      <Claims run={run} />
      <Wire run={run} />
      <Setup run={run} />
      <Download run={run} />
      <WithoutOneBlock run={run} />
      <EarlierRuns run={run} />
    </>
  );
}

function Report({ page }: { page: Page }) {
  const [at, setAt] = useState(0);
  const several = page.runs.length > 1;
  return (
    <>
      {several && <SideBySide page={page} />}
      {several && (
        <div class="choice runs" role="group" aria-label="Which run is shown below">
          {page.runs.map((run, i) => (
            <button key={run.record.run} aria-pressed={i === at} onClick={() => setAt(i)}>
              {run.record.run}
            </button>
          ))}
        </div>
      )}
      <Run key={at} run={page.runs[at]!} />
      <footer>
        Made by unrig from what it stored; this file holds everything that it shows and asks no
        network for anything.
      </footer>
    </>
  );
}

const place = document.getElementById("page")!;
const page = readPage();
place.textContent = ""; // what stands there for who runs no scripts
render(<Report page={page} />, place);
document.documentElement.dataset.ready = "true";
