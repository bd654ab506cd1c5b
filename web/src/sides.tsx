/** Several runs side by side: each one held against the first. */
import { Bar, kindOf } from "./bar";
import type { Page } from "./data";
import { scaleOf } from "./scale";
import { Section } from "./section";
import { interval, ratio, short } from "./text";

export function SideBySide({ page }: { page: Page }) {
  const first = page.runs[0]!.record;
  const labels = [...new Set(page.runs.flatMap((r) => r.record.cells.map((c) => c.label)))];
  const of = (label: string, run: string) =>
    page.comparisons.find((c) => c.a === run)?.cells.find((c) => c.label === label);
  const scale = scaleOf(
    page.comparisons.flatMap((c) => c.cells.map((cell) => cell.ratio_together)),
  );
  return (
    <Section
      id="runs"
      title="Runs side by side"
      lead={
        <>
          Requests per second, and the ratio to the same stack in <b>{first.run}</b>. The runs were
          not measured at the same time: what else changed is in the ratio, and not in its interval.
        </>
      }
    >
      <div class="scroll">
        <table>
          <caption class="hidden">The stacks of all runs</caption>
          <thead>
            <tr>
              <th scope="col">Stack</th>
              {page.runs.map((r, i) => (
                <th scope="col" class="number" key={r.record.run} colSpan={i === 0 ? 1 : 2}>
                  {r.record.run}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((label) => (
              <tr key={label}>
                <th scope="row">
                  <bdi>{label}</bdi>
                </th>
                {page.runs.map((r, i) => {
                  const cell = r.record.cells.find((c) => c.label === label);
                  const rate = <td class="number">{short(cell?.throughput_per_s.estimate)}</td>;
                  if (i === 0) return rate;
                  const compared = of(label, r.record.run);
                  return (
                    <>
                      {rate}
                      <td class="c-interval">
                        {compared ? (
                          <span class="interval">
                            <b>{ratio(compared.ratio_together.estimate)}</b>
                            <Bar
                              ratio={compared.ratio_together}
                              scale={scale}
                              height={16}
                              kind={kindOf(compared.ratio_together)}
                            />
                            <span>{interval(compared.ratio_together)}</span>
                          </span>
                        ) : (
                          "–"
                        )}
                      </td>
                    </>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {page.comparisons.map((c) => (
        <div key={c.a}>
          <p>
            <b>{c.a}</b>: {c.sentence}
          </p>
          {c.differences.length > 0 && (
            <details>
              <summary>
                What is not the same in {c.a} <span class="muted">{c.differences.length}</span>
              </summary>
              <ul class="plain">
                {c.differences.map((d, i) => (
                  <li key={i}>
                    {d.what}: {d.b} then, {d.a} here{d.bars && " (another question)"}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
      ))}
    </Section>
  );
}
