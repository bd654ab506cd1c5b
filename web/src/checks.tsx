/** What stacks claim of themselves, and what passed on the wire. */
import type { Claim, RunData } from "./data";
import { Section } from "./section";

const MARKS = {
  held: ["✓", "held"],
  broken: ["✗", "did not hold"],
  open: ["?", "not checked"],
  unclaimed: ["", "nothing is claimed"],
} as const;

function kindOf(claim: Claim): keyof typeof MARKS {
  // Not by `claimed`: in what earlier versions stored it is false everywhere.
  if (claim.ok === "not checked") return claim.expected === "none claimed" ? "unclaimed" : "open";
  return claim.ok ? "held" : "broken";
}

/** Those that did not hold or could not be checked, each once with the stacks that it is so of. */
function NotHeld({ run }: { run: RunData }) {
  const found = new Map<string, { kind: string; text: string; labels: string[] }>();
  for (const { label, claims } of run.record.cells) {
    for (const claim of claims.filter((c) => ["open", "broken"].includes(kindOf(c)))) {
      const text =
        claim.ok === false
          ? `${claim.claim}: expected ${claim.expected}, observed ${claim.observed}`
          : `${claim.claim} not checked: ${claim.observed}`;
      const known = found.get(text);
      if (known) known.labels.push(label);
      else found.set(text, { kind: kindOf(claim), text, labels: [label] });
    }
  }
  if (found.size === 0) return null;
  return (
    <ul class="plain">
      {[...found.values()].map(({ kind, text, labels }) => (
        <li key={text} class={kind}>
          {text} ({labels.length === run.record.cells.length ? "all stacks" : labels.join(", ")})
        </li>
      ))}
    </ul>
  );
}

export function Claims({ run }: { run: RunData }) {
  const cells = run.record.cells.filter((c) => c.claims.length > 0);
  if (cells.length === 0) {
    return (
      <Section id="claims" title="What stacks claim, and whether it held">
        <p>No claims were checked in this run.</p>
      </Section>
    );
  }
  const names = [...new Set(cells.flatMap((c) => c.claims.map((claim) => claim.claim)))];
  return (
    <Section
      id="claims"
      title="What stacks claim, and whether it held"
      lead={
        "Looked at before the first trial, on the running server. A stack that is not what it " +
        "claims to be, or cannot be shown to be it, is not ranked."
      }
    >
      <div class="scroll">
        <table class="matrix">
          <caption class="hidden">Claims by stack</caption>
          <thead>
            <tr>
              <th scope="col">Stack</th>
              {names.map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cells.map((cell) => (
              <tr key={cell.label}>
                <th scope="row">
                  <bdi>{cell.label}</bdi>
                </th>
                {names.map((name) => {
                  const claim = cell.claims.find((c) => c.claim === name);
                  if (!claim)
                    return (
                      <td key={name} class="muted">
                        –
                      </td>
                    );
                  const [mark, text] = MARKS[kindOf(claim)];
                  return (
                    <td
                      key={name}
                      class={kindOf(claim)}
                      title={`expected ${claim.expected}, observed ${claim.observed}`}
                    >
                      <span aria-hidden="true">{mark}</span>
                      <span class="hidden">{text}</span>{" "}
                      <span class="observed">
                        {kindOf(claim) === "open" ? "" : claim.observed}
                      </span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <NotHeld run={run} />
    </Section>
  );
}

export function Wire({ run }: { run: RunData }) {
  const { audit } = run;
  if (audit.labels.length === 0) {
    return (
      <Section id="wire" title="What passed on the wire">
        <p>No audit was made in this run.</p>
      </Section>
    );
  }
  return (
    <Section
      id="wire"
      title="What passed on the wire"
      lead={
        "For one request, counted between the parts of the chain and by the kernel. Marked: not " +
        "what most stacks do."
      }
    >
      <div class="scroll">
        <table class="audit">
          <caption class="hidden">What each stack does for one request</caption>
          <thead>
            <tr>
              <th scope="col">Stack</th>
              {audit.columns.map((c) => (
                <th scope="col" class="number" key={c.name}>
                  {c.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {audit.labels.map((label, i) => (
              <tr key={label}>
                <th scope="row">
                  <bdi>{label}</bdi>
                </th>
                {audit.columns.map((c) => {
                  const value = c.values[i];
                  return (
                    <td key={c.name} class={`number ${value?.differs ? "differs" : ""}`}>
                      {value ? value.text : "–"}
                      {value?.differs ? " !" : ""}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {audit.findings.length > 0 && (
        <ul class="plain">
          {audit.findings.map((text, i) => (
            <li key={i}>{text}.</li>
          ))}
        </ul>
      )}
      {audit.not_checked.map(({ why, labels }, i) => (
        <p class="note" key={i}>
          {labels.join(", ")}: {why}
        </p>
      ))}
    </Section>
  );
}
