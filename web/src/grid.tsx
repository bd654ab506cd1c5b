/** Several stacks at several settings: each over the baseline's at the same setting. */
import { Axis, Bar, kindOf } from "./bar";
import type { Grid } from "./data";
import { scaleOf } from "./scale";
import { Section } from "./section";
import { interval, percent, ratio } from "./text";

export function GridRatios({ grid }: { grid: Grid }) {
  const scale = scaleOf(grid.settings.flatMap((s) => s.ratios.map((r) => r.ratio)));
  return (
    <Section
      id="grid"
      title="At every setting"
      lead={
        <>
          Throughput over that of{" "}
          <b>
            <bdi>{grid.beside}</bdi>
          </b>{" "}
          at the same setting; all intervals hold together at {percent(grid.confidence)}.
        </>
      }
    >
      <div class="forest">
        {grid.settings.map((setting) =>
          setting.ratios.map((line) => (
            <div class="line" key={line.label}>
              <span>
                <span class="muted">
                  {Object.entries(setting.knobs)
                    .map(([k, v]) => `${k}=${v}`)
                    .join(" ")}
                </span>{" "}
                <bdi>{line.name}</bdi>
              </span>
              <Bar ratio={line.ratio} scale={scale} kind={kindOf(line.ratio)} />
              <span class="figures">
                <b>{ratio(line.ratio.estimate)}</b>{" "}
                <span class="muted">
                  {interval(line.ratio)} {line.verdict ?? "invalid"}
                </span>
              </span>
            </div>
          )),
        )}
        <div class="line" aria-hidden="true">
          <span />
          <Axis scale={scale} />
          <span />
        </div>
      </div>
    </Section>
  );
}
