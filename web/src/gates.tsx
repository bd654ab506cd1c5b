/** The bounds that this run had to keep, and whether it did. */
import type { RunData } from "./data";
import { Section } from "./section";

const KINDS = { passed: "good", failed: "bad", undecided: "open" } as const;

export function Gates({ run }: { run: RunData }) {
  return (
    <Section
      id="gates"
      title="Gates"
      lead="Kept or broken by the whole interval, never by the estimate."
    >
      <div class="scroll">
        <table>
          <caption class="hidden">Gates and what became of them</caption>
          <thead>
            <tr>
              <th scope="col">Gate</th>
              <th scope="col" class="number">
                Measured
              </th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {run.gates.map((gate, i) => (
              <tr key={i}>
                <th scope="row">
                  <bdi>{gate.title}</bdi>
                </th>
                <td class="number">{gate.figure}</td>
                <td>
                  <span class={`chip ${KINDS[gate.outcome]}`}>{gate.outcome}</span> {gate.why}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
