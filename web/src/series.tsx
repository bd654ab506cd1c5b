/** Throughput and mean response time of every second of every trial of the chosen stacks. */
import { useMemo } from "preact/hooks";
import type uPlot from "uplot";

import { axis, Chart } from "./chart";
import { type Chosen, DASHES, shown } from "./chosen";
import { type RunData, type Trials, trialsOf } from "./data";
import { Key } from "./latency";
import { Section } from "./section";
import { grouped } from "./text";

const MOST_TRIALS = 40; // of one stack; more are a blot
const MOST_DASHED = 15; // so many lines can be told apart by their dashes

interface Line {
  colour: number;
  valid: boolean;
  completed: number[];
  mean: number[]; // milliseconds
}

/** Evenly out of all, in their order. */
function some(all: number[]): number[] {
  const step = Math.max(1, all.length / MOST_TRIALS);
  return Array.from(
    { length: Math.min(all.length, MOST_TRIALS) },
    (_, i) => all[Math.floor(i * step)]!,
  );
}

function linesOf(trials: Trials, chosen: Chosen): Line[] {
  return shown(chosen).flatMap(({ label, colour }) =>
    some(trials.of(label)).map((i) => {
      const [completed, mean] = trials.at<[number[], number[]]>("seconds", i) ?? [[], []];
      const window = trials.at<number>("window.seconds", i) ?? 0;
      const length = Math.round((trials.at<number>("warmup_seconds", i) ?? 0) + window);
      return {
        colour,
        valid: trials.at<boolean>("verdict.valid", i) === true,
        completed: completed.slice(0, length || undefined),
        mean: mean.slice(0, length || undefined).map((us) => us / 1000),
      };
    }),
  );
}

export function Series({ run, chosen }: { run: RunData; chosen: Chosen }) {
  const trials = trialsOf(run);
  const lines = useMemo(() => linesOf(trials, chosen), [trials, chosen.labels]);
  const length = Math.max(0, ...lines.map((l) => l.completed.length));
  const xs = Array.from({ length }, (_, i) => i + 0.5);
  const warmup = run.record.warmup_seconds;
  const options =
    (unit: string) =>
    (css: (name: string) => string): Omit<uPlot.Options, "width" | "height"> => ({
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [0, Math.max(1, length)] }, y: { range: [0, null] } },
      axes: [
        { ...axis(css, "seconds of load"), size: 26, incrs: [1, 2, 5, 10, 30, 60, 300] },
        { ...axis(css, unit), size: 62, values: (_, v) => v.map((n) => grouped(n)) },
      ],
      hooks: {
        drawClear: [
          (u) => {
            const left = u.valToPos(0, "x", true);
            const right = u.valToPos(Math.min(warmup, length), "x", true);
            u.ctx.fillStyle = css("--shade");
            u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
          },
        ],
      },
      series: [
        {},
        ...lines.map((line) => ({
          stroke: css(line.valid ? `--series-${line.colour}` : "--muted"),
          width: 1.25,
          alpha: line.valid ? 0.75 : 0.4,
          dash: !line.valid ? [2, 4] : lines.length > MOST_DASHED ? [] : DASHES[line.colour]!,
          points: { show: length === 1 },
        })),
      ],
    });
  const padded = (values: number[]) => xs.map((_, i) => values[i] ?? null);
  const many = shown(chosen).some(({ label }) => trials.of(label).length > MOST_TRIALS);
  const names = shown(chosen)
    .map((s) => s.label)
    .join(", ");
  return (
    <Section
      id="seconds"
      title="Every second of each trial"
      lead={
        `A line is one trial${many ? `, ${MOST_TRIALS} at most of each stack` : ""}; grey and ` +
        "dotted: it does not count. Shaded: the warm-up, which no figure has."
      }
    >
      <div class="controls">
        <Key chosen={chosen} />
      </div>
      {length === 0 ? (
        <p class="muted">Tick a stack in the table to see it here.</p>
      ) : (
        <div class="pair">
          <Chart
            label={`Completed requests in each second of the trials of ${names}`}
            height={230}
            options={options("requests/s")}
            deps={[run, chosen.labels]}
            data={[xs, ...lines.map((l) => padded(l.completed))] as uPlot.AlignedData}
          />
          <Chart
            label={`Mean response time in each second of the trials of ${names}`}
            height={230}
            options={options("mean response, ms")}
            deps={[run, chosen.labels]}
            data={[xs, ...lines.map((l) => padded(l.mean))] as uPlot.AlignedData}
          />
        </div>
      )}
    </Section>
  );
}
