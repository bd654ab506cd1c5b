/** CPU time per request, by component. */
import type { Cpu, RunData } from "./data";
import { Section } from "./section";
import { short } from "./text";

const PARTS = [
  ["proxy", "proxy"],
  ["app", "application"],
  ["pooler", "pooler"],
  ["database", "database"],
  ["load", "load generator"],
  ["unattributed", "kernel and others"],
] as const;
const OF_CHAIN = 4;

function sum(cpu: Cpu, parts: readonly (readonly [keyof Cpu, string])[]): number {
  return parts.reduce((total, [part]) => total + Math.max(0, Number(cpu[part] ?? 0)), 0);
}

export function CpuTime({ run }: { run: RunData }) {
  const cells = run.cpu.filter((cpu) => PARTS.some(([part]) => cpu[part] !== null));
  if (cells.length === 0) {
    return (
      <Section id="cpu" title="CPU time per request">
        <p>Nobody could read the CPU time of this run.</p>
      </Section>
    );
  }
  const most = Math.max(...cells.map((cpu) => sum(cpu, PARTS)));
  const used = PARTS.map(([part], i) => ({ part, i })).filter(({ part }) =>
    cells.some((cpu) => (cpu[part] ?? 0) !== 0),
  );
  return (
    <Section
      id="cpu"
      title="CPU time per request"
      lead={
        "Microseconds, mean over the trials that count. The sum is that of the chain: proxy, " +
        "application, pooler and database."
      }
    >
      <ul class="key">
        {used.map(({ i }) => (
          <li key={i}>
            <svg width="12" height="12" aria-hidden="true">
              <rect class={`part-${i}`} width="12" height="12" rx="2" />
            </svg>
            {PARTS[i]![1]}
          </li>
        ))}
      </ul>
      <div class="scroll">
        <table class="cpu">
          <caption class="hidden">CPU time per request in microseconds</caption>
          <thead>
            <tr>
              <th scope="col">Stack</th>
              <th scope="col" class="wide">
                <span class="hidden">Drawn</span>
              </th>
              <th scope="col" class="number">
                chain
              </th>
              {used.map(({ i }) => (
                <th scope="col" class="number optional" key={i}>
                  {PARTS[i]![1]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cells.map((cpu) => {
              let at = 0;
              return (
                <tr key={cpu.label}>
                  <th scope="row">
                    <bdi>{cpu.label}</bdi>
                  </th>
                  <td class="wide">
                    <svg width="100%" height="16" aria-hidden="true">
                      {used.map(({ part, i }) => {
                        const width = (100 * Math.max(0, cpu[part] ?? 0)) / most;
                        const x = at;
                        at += width;
                        return (
                          <rect
                            key={i}
                            class={`part-${i}`}
                            x={`${x}%`}
                            width={`${width}%`}
                            y="1"
                            height="14"
                          />
                        );
                      })}
                    </svg>
                  </td>
                  <td class="number">
                    <b>{short(sum(cpu, PARTS.slice(0, OF_CHAIN)))}</b>
                  </td>
                  {used.map(({ part, i }) => (
                    <td class="number optional" key={i}>
                      {short(cpu[part])}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
