/** Several runs side by side: each one held against the first. */
import { Bar, kindOf } from "./bar";
import type { Comparison, Page } from "./data";
import { scaleOf } from "./scale";
import { Section } from "./section";
import { interval, ratio, short } from "./text";

/** May break where its parts meet: columns are narrow. */
function RunName({ run }: { run: string }) {
  return (
    <>
      {run.split("-").map((part, i) => (
        <>
          {i > 0 && (
            <>
              -<wbr />
            </>
          )}
          {part}
        </>
      ))}
    </>
  );
}

/** What all stacks together say of a run and the first one, and what else differs between them. */
function Findings({ comparison: c }: { comparison: Comparison }) {
  return (
    <div>
      <p>{c.sentence || `${c.a} and ${c.b} have no stack in common.`}</p>
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
  );
}

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
      {page.comparisons.map((c) => (
        <Findings key={c.a} comparison={c} />
      ))}
      <div class="scroll">
        <table class="sides">
          <caption class="hidden">The stacks of all runs</caption>
          <thead>
            <tr>
              <th scope="col">Stack</th>
              {page.runs.map((r, i) => (
                <th scope="col" class={i === 0 ? "number" : ""} key={r.record.run}>
                  <RunName run={r.record.run} />
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
                  const rate = short(cell?.throughput_per_s.estimate);
                  if (i === 0) return <td class="number">{rate}</td>;
                  const compared = of(label, r.record.run)?.ratio_together;
                  return (
                    <td>
                      <span class="interval">
                        <span class="rate">{rate}</span>
                        <b>{compared ? ratio(compared.estimate) : "–"}</b>
                        {compared && (
                          <>
                            <Bar
                              ratio={compared}
                              scale={scale}
                              height={16}
                              kind={kindOf(compared)}
                            />
                            <span>{interval(compared)}</span>
                          </>
                        )}
                      </span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
