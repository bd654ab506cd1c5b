/** Ratios around 1 on a logarithmic axis, over a baseline that is chosen by click. */
import { useState } from "preact/hooks";

import { Axis, Bar, kindOf } from "./bar";
import type { Estimate, RunData } from "./data";
import { scaleOf } from "./scale";
import { Section } from "./section";
import { interval, ratio } from "./text";

function turned(e: Estimate): Estimate {
  const over = (value: number | null) => (value === null ? null : 1 / value);
  return { ...e, estimate: over(e.estimate), low: over(e.high), high: over(e.low) };
}

/** Over the run's own baseline as the table has it; over another one from all pairs. */
function ratiosOver(run: RunData, baseline: string): { label: string; ratio: Estimate }[] {
  const one = { estimate: 1, low: null, high: null, confidence: 0.95 };
  if (baseline === run.record.baseline) {
    return run.ranked.map((label) => {
      const cell = run.record.cells.find((c) => c.label === label)!;
      return { label, ratio: label === baseline ? one : cell.ratio_together };
    });
  }
  const base = run.ranked.indexOf(baseline);
  return run.ranked.map((label, i) => {
    const pair = run.pairs.find((p) => (p.a === i && p.b === base) || (p.a === base && p.b === i));
    if (!pair) return { label, ratio: one };
    return { label, ratio: pair.a === i ? pair.ratio : turned(pair.ratio) };
  });
}

/** What a stack differs from itself by, either way; else what the run takes for no difference. */
function bandOf(run: RunData): { band: [number, number]; text: string } {
  const floor = run.record.noise_floor?.ratio;
  if (floor && floor.low !== null && floor.high !== null) {
    const reach = Math.max(floor.high, 1 / floor.low);
    return {
      band: [1 / reach, reach],
      text:
        `The band is the noise floor: ${run.record.baseline} differed from itself by up to` +
        ` ${((reach - 1) * 100).toFixed(1)} %. Smaller differences mean nothing.`,
    };
  }
  const margin = 1 + run.record.margin;
  return {
    band: [1 / margin, margin],
    text:
      `The band is the margin of ${(run.record.margin * 100).toFixed(1)} % below which two count` +
      " as equivalent; this run has no noise floor (--noise-floor).",
  };
}

export function Forest({ run }: { run: RunData }) {
  const own = run.ranked.includes(run.record.baseline) ? run.record.baseline : run.ranked[0]!;
  const [baseline, setBaseline] = useState(own);
  const lines = ratiosOver(run, baseline).sort(
    (a, b) => (b.ratio.estimate ?? 0) - (a.ratio.estimate ?? 0),
  );
  const { band, text } = bandOf(run);
  const scale = scaleOf(
    lines.map((l) => l.ratio),
    band,
  );
  return (
    <Section
      id="ratios"
      title="Ratios of throughput"
      lead={
        <>
          Over{" "}
          <b>
            <bdi>{baseline}</bdi>
          </b>
          ; click a stack to make it the baseline.
        </>
      }
    >
      <div class="forest">
        {lines.map(({ label, ratio: r }) => (
          <div
            class={`line ${label === baseline ? "is-baseline" : ""}`}
            key={label}
            data-label={label}
          >
            <button
              aria-pressed={label === baseline}
              onClick={() => setBaseline(label)}
              title={`Ratios over ${label}`}
            >
              <bdi>{label}</bdi>
            </button>
            <Bar
              ratio={r}
              scale={scale}
              band={band}
              height={26}
              kind={label === baseline ? "base" : kindOf(r)}
            />
            <span class="figures">
              {label === baseline ? (
                <span class="muted">baseline</span>
              ) : (
                <>
                  <b>{ratio(r.estimate)}</b> <span class="muted">{interval(r)}</span>
                </>
              )}
            </span>
          </div>
        ))}
        <div class="line" aria-hidden="true">
          <span />
          <Axis scale={scale} />
          <span />
        </div>
      </div>
      <p class="note">
        {text}{" "}
        {baseline === run.record.baseline
          ? "All intervals hold together at 95 %."
          : "These are intervals of all pairs, which hold together at 95 % whichever baseline is " +
            "chosen after a look: wider than those over the run's own one."}
        {run.ranked.includes(run.record.baseline)
          ? ""
          : ` No trial of ${run.record.baseline}, the run's own baseline, counts.`}
      </p>
    </Section>
  );
}
