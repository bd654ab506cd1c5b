/** Whether the answer rests on single blocks, and whether earlier runs said the same. */
import { Axis, Bar, kindOf } from "./bar";
import type { RunData } from "./data";
import { scaleOf } from "./scale";
import { Section } from "./section";
import { counted, interval, range, ratio } from "./text";

export function WithoutOneBlock({ run }: { run: RunData }) {
  const { robustness } = run;
  if (robustness === null) return null;
  const lines = robustness.without;
  const scale = scaleOf([...lines.map((l) => l.ratio), robustness.ratio]);
  return (
    <Section
      id="robustness"
      title="Would the answer stand without any one block?"
      lead={robustness.sentence}
    >
      {lines.length > 0 && (
        <details open={lines.length <= 12 || !robustness.stands}>
          <summary>{counted(lines.length, "block")}, one left out at a time</summary>
          <div class="forest narrow">
            <div class="line is-baseline">
              <span>with all of them</span>
              <Bar
                ratio={robustness.ratio}
                scale={scale}
                kind={kindOf(robustness.ratio)}
                height={18}
              />
              <span class="figures">
                <b>{ratio(robustness.ratio.estimate)}</b>{" "}
                <span class="muted">{interval(robustness.ratio)}</span>
              </span>
            </div>
            {lines.map((line) => (
              <div class={`line ${line.same ? "" : "turned"}`} key={line.block}>
                <span>without block {line.block}</span>
                <Bar ratio={line.ratio} scale={scale} kind={kindOf(line.ratio)} height={18} />
                <span class="figures">
                  <b>{ratio(line.ratio.estimate)}</b>{" "}
                  <span class="muted">{interval(line.ratio)}</span>
                  {!line.same && <span class="chip bad">another answer</span>}
                </span>
              </div>
            ))}
            <div class="line" aria-hidden="true">
              <span />
              <Axis scale={scale} />
              <span />
            </div>
          </div>
        </details>
      )}
    </Section>
  );
}

export function EarlierRuns({ run }: { run: RunData }) {
  const cells = run.record.cells.filter((c) => c.seen !== null);
  return (
    <Section
      id="earlier"
      title="Seen in earlier runs"
      lead="Of the same stacks, settings and machine, in the store that this report was made from."
    >
      {cells.length === 0 ? (
        <p>There is no earlier run of this comparison in the store.</p>
      ) : (
        <div class="scroll">
          <table>
            <caption class="hidden">The same ratios in earlier runs</caption>
            <thead>
              <tr>
                <th scope="col">Over {run.record.baseline}</th>
                <th scope="col" class="number">
                  this run
                </th>
                <th scope="col" class="number">
                  earlier runs
                </th>
                <th scope="col">the same side of 1</th>
              </tr>
            </thead>
            <tbody>
              {cells.map(({ label, seen, ratio: r }) => {
                const above = (r.estimate ?? 1) > 1;
                const same = above ? seen!.above : seen!.runs - seen!.above;
                return (
                  <tr key={label}>
                    <th scope="row">
                      <bdi>{label}</bdi>
                    </th>
                    <td class="number">{ratio(r.estimate)}</td>
                    <td class="number">{range(seen!.low, seen!.high)}</td>
                    <td>
                      {above ? "faster" : "slower"} in {same} of {counted(seen!.runs, "stored run")}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}
