/** Response times by percentile, up to five stacks laid over each other. */
import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";

import { axis, Chart } from "./chart";
import { type Chosen, DASHES, shown } from "./chosen";
import type { RunData } from "./data";
import { decodeHistogram, type Histogram, quantile } from "./histogram";
import { Section } from "./section";
import { grouped, milliseconds } from "./text";

const KINDS = [
  ["response", "response time"],
  ["service", "service time"],
  ["issue_delay", "issue delay"],
] as const;
type Kind = (typeof KINDS)[number][0];

const PERCENTILES = [0.5, 0.9, 0.99, 0.999];
const BEYOND = 10; // a quantile with fewer requests beyond it is no number worth saying
const POINTS = 160;

/** From 0 for the median's half: how many nines, as a logarithm. */
function xOf(fraction: number): number {
  return -Math.log10(1 - fraction);
}

function named(x: number): string {
  const left = 10 ** -x;
  return `${Number((100 * (1 - left)).toPrecision(Math.max(2, Math.ceil(x) + 1)))}`;
}

export function Key({ chosen, note }: { chosen: Chosen; note?: string }) {
  return (
    <ul class="key">
      {shown(chosen).map(({ label, colour }) => (
        <li key={label}>
          <svg width="28" height="8" aria-hidden="true">
            <line
              class={`series-${colour}`}
              x1="0"
              x2="28"
              y1="4"
              y2="4"
              stroke-width="2.5"
              stroke-dasharray={DASHES[colour]!.join(" ")}
            />
          </svg>
          <bdi>{label}</bdi>
          <button
            class="remove"
            aria-label={`Remove ${label} from the charts`}
            onClick={() => chosen.toggle(label)}
          >
            ×
          </button>
        </li>
      ))}
      {note && <li class="muted">{note}</li>}
    </ul>
  );
}

function supported(histogram: Histogram, fraction: number): boolean {
  return (1 - fraction) * histogram.total >= BEYOND - 1e-6;
}

export function Latency({ run, chosen }: { run: RunData; chosen: Chosen }) {
  const [kind, setKind] = useState<Kind>("response");
  const found = useMemo(
    () =>
      shown(chosen).flatMap(({ label, colour }) => {
        const times = run.times[label];
        return times ? [{ label, colour, histogram: decodeHistogram(times[kind]) }] : [];
      }),
    [run, chosen.labels, kind],
  );
  const closed =
    run.record.scenario.knobs["arrival.rate"] === undefined ||
    /none/.test(run.record.scenario.knobs["arrival.rate"]!);
  const most = Math.max(
    2,
    ...found.map((f) => Math.log10(Math.max(1, f.histogram.total / BEYOND))),
  );
  const xs = Array.from({ length: POINTS }, (_, i) => (i / (POINTS - 1)) * most);
  const ys = found.map(({ histogram }) =>
    xs.map((x) => {
      const fraction = 1 - 10 ** -x;
      return supported(histogram, fraction)
        ? Math.max(1, quantile(histogram, fraction)) / 1e6
        : null;
    }),
  );
  const options = (css: (name: string) => string): Omit<uPlot.Options, "width" | "height"> => ({
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: false }, y: { distr: 3 } },
    axes: [
      {
        ...axis(css, "percentile"),
        size: 26,
        splits: () => [xOf(0.5), ...Array.from({ length: Math.floor(most) }, (_, i) => i + 1)],
        values: (_, splits) => splits.map(named),
      },
      {
        ...axis(css, "milliseconds"),
        size: 62,
        values: (_, splits) =>
          splits.map((v) => (v === null ? "" : grouped(Number(v.toPrecision(3))))),
      },
    ],
    series: [
      {},
      ...found.map(({ label, colour }) => ({
        label,
        stroke: css(`--series-${colour}`),
        width: 2,
        dash: DASHES[colour]!,
        points: { show: false },
      })),
    ],
  });
  if (Object.keys(run.times).length === 0) {
    return (
      <Section id="latency" title="Latency by percentile">
        <p>The store has no histograms of this run: an earlier unrig kept only quantiles.</p>
      </Section>
    );
  }
  return (
    <Section
      id="latency"
      title="Latency by percentile"
      lead={
        closed
          ? "Of all trials that count, merged. In a closed loop a slow stack is also asked less."
          : "Of all trials that count, merged; from the intended start of each request."
      }
    >
      <div class="controls">
        <div class="choice" role="group" aria-label="Which time">
          {KINDS.map(([name, text]) => (
            <button key={name} aria-pressed={kind === name} onClick={() => setKind(name)}>
              {text}
            </button>
          ))}
        </div>
        <Key chosen={chosen} />
      </div>
      {found.length === 0 ? (
        <p class="muted">Tick a stack in the table to see it here.</p>
      ) : (
        <>
          <Chart
            label={
              `Latency by percentile of ${found.map((f) => f.label).join(", ")}; the ` +
              "table below has the figures"
            }
            height={300}
            options={options}
            data={[xs, ...ys] as uPlot.AlignedData}
            deps={[run, chosen.labels, kind]}
          />
          <div class="scroll">
            <table class="small">
              <caption class="hidden">Percentiles in milliseconds</caption>
              <thead>
                <tr>
                  <th scope="col">ms</th>
                  {PERCENTILES.map((p) => (
                    <th scope="col" class="number" key={p}>
                      P{named(xOf(p))}
                    </th>
                  ))}
                  <th scope="col" class="number">
                    max
                  </th>
                  <th scope="col" class="number">
                    requests
                  </th>
                </tr>
              </thead>
              <tbody>
                {found.map(({ label, histogram }) => (
                  <tr key={label}>
                    <th scope="row">
                      <bdi>{label}</bdi>
                    </th>
                    {PERCENTILES.map((p) => (
                      <td class="number" key={p}>
                        {supported(histogram, p)
                          ? milliseconds(quantile(histogram, p) / 1000)
                          : "–"}
                      </td>
                    ))}
                    <td class="number">{milliseconds(quantile(histogram, 1) / 1000)}</td>
                    <td class="number">{grouped(histogram.total)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Section>
  );
}
