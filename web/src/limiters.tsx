/** What bounded each stack, and what speaks for it. */
import {
  type Elasticity,
  type Limiter,
  type RunData,
  type Suspect,
  type Trials,
  trialsOf,
} from "./data";
import { Section } from "./section";
import { short } from "./text";

const SIGNALS = /^signals\.(\w+)\.(\w+)$/;

/** From the least to the most over the trials of a stack that count. */
function range(trials: Trials, name: string, of: number[]): string {
  const values = of
    .map((i) => trials.at<number>(name, i))
    .filter((v): v is number => typeof v === "number");
  if (values.length === 0) return "–";
  const [low, high] = [short(Math.min(...values)), short(Math.max(...values))];
  return low === high ? low : `${low} – ${high}`;
}

function Signals({ trials, label }: { trials: Trials; label: string }) {
  const found = trials
    .names()
    .map((name) => SIGNALS.exec(name))
    .filter((m) => m !== null)
    .filter((m) => typeof trials.at(m[0], 0) === "number" || trials.at(m[0], 0) === null);
  const parts = [...new Set(found.map((m) => m[1]!))];
  const kinds = [...new Set(found.map((m) => m[2]!))];
  if (found.length === 0) return null;
  const of = trials.of(label).filter((i) => trials.at("verdict.valid", i) === true);
  return (
    <details>
      <summary>Signals of its trials</summary>
      <div class="scroll">
        <table class="small">
          <caption class="hidden">Signals of {label}, from the least to the most</caption>
          <thead>
            <tr>
              <th scope="col">signal</th>
              {parts.map((part) => (
                <th scope="col" class="number" key={part}>
                  {part}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {kinds.map((kind) => (
              <tr key={kind}>
                <th scope="row">{kind.replaceAll("_", " ")}</th>
                {parts.map((part) => (
                  <td class="number" key={part}>
                    {range(trials, `signals.${part}.${kind}`, of)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function suspectText({ name, margin, evidence }: Suspect): string {
  const left = margin === null ? "" : `, ${Math.round(margin * 100)} % left`;
  return `${name}${left}: ${evidence.join("; ")}`;
}

/** What else was looked at, the likeliest first. */
function Others({ limiter }: { limiter: Limiter }) {
  const others = (limiter.suspects ?? []).filter((s) => s.name !== limiter.name);
  if (others.length === 0) return null;
  return (
    <details>
      <summary>Other suspects</summary>
      <ul>
        {others.map((s) => (
          <li key={s.name}>{suspectText(s)}</li>
        ))}
      </ul>
    </details>
  );
}

const digits = (value: number) => Number(value.toPrecision(3));

function elasticityText({ suspect, knob, from, to, elasticity, ...it }: Elasticity): string {
  const step = knob === null ? suspect : `${suspect}, ${knob} ${digits(from!)} → ${digits(to!)}`;
  if (it.not_checked !== null) return `${step}: not checked: ${it.not_checked}`;
  const { estimate, low, high } = elasticity;
  const interval = low === null ? "" : ` [${low.toFixed(2)}, ${high!.toFixed(2)}]`;
  return `${step}: elasticity ${estimate!.toFixed(2)}${interval}, ${it.verdict}`;
}

/** How throughput followed what was changed. */
function Tests({ limiter }: { limiter: Limiter }) {
  const tests = limiter.elasticities ?? [];
  if (tests.length === 0) return null;
  return (
    <ul>
      {tests.map((test) => (
        <li key={test.suspect}>{elasticityText(test)}</li>
      ))}
    </ul>
  );
}

export function Limiters({ run }: { run: RunData }) {
  const trials = trialsOf(run);
  const cells = run.record.cells.filter((c) => c.valid_trials > 0);
  return (
    <Section
      id="limiters"
      title="What limited each stack"
      lead={
        "By rules over what was seen in its trials; a limiter is confirmed only where a " +
        "perturbation was measured."
      }
    >
      <div class="scroll">
        <table>
          <caption class="hidden">Limiters and their evidence</caption>
          <thead>
            <tr>
              <th scope="col">Stack</th>
              <th scope="col">Limiter</th>
              <th scope="col">Evidence</th>
            </tr>
          </thead>
          <tbody>
            {cells.map(({ label, limiter }) => (
              <tr key={label}>
                <th scope="row">
                  <bdi>{label}</bdi>
                </th>
                <td>
                  {limiter.name}
                  {limiter.confirmed && <span class="chip good">confirmed</span>}
                </td>
                <td class="evidence">
                  {limiter.evidence.length > 0 ? limiter.evidence.join("; ") : "–"}
                  <Tests limiter={limiter} />
                  <Others limiter={limiter} />
                  <Signals trials={trials} label={label} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
