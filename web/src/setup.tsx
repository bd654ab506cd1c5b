/** Everything that is needed to measure the same again. */
import { useState } from "preact/hooks";

import type { RunData } from "./data";
import { Section } from "./section";
import { percent } from "./text";

/** Works from disk as well, where browsers give no clipboard to scripts. */
function copy(text: string): boolean {
  const place = document.createElement("textarea");
  place.value = text;
  place.className = "hidden";
  document.body.append(place);
  place.select();
  const done = document.execCommand("copy");
  place.remove();
  return done;
}

export function Copied({ text, what }: { text: string; what: string }) {
  const [said, say] = useState("");
  return (
    <button
      class="copy"
      onClick={() => say(copy(text) ? "Copied" : "Press Ctrl+C")}
      onBlur={() => say("")}
    >
      <span aria-live="polite">{said || `Copy ${what}`}</span>
    </button>
  );
}

function Pairs({
  title,
  pairs,
  open,
}: {
  title: string;
  pairs: [string, string][];
  open?: boolean;
}) {
  if (pairs.length === 0) return null;
  return (
    <details open={open ?? false}>
      <summary>
        {title} <span class="muted">{pairs.length}</span>
      </summary>
      <dl>
        {pairs.map(([name, value]) => (
          <div key={name}>
            <dt>
              <bdi>{name}</bdi>
            </dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      <Copied
        text={pairs.map(([name, value]) => `${name} = ${value}`).join("\n")}
        what={title.toLowerCase()}
      />
    </details>
  );
}

export function Setup({ run }: { run: RunData }) {
  const { record } = run;
  const { host } = record;
  const machine: [string, string][] = [
    ["name", host.hostname],
    ["system", host.os],
    ["kernel", host.kernel],
    ["processor", `${host.cpu_model}, ${host.cores} cores`],
    ["memory", host.memory_bytes ? `${(host.memory_bytes / 2 ** 30).toFixed(1)} GiB` : "not known"],
    ["virtualization", host.virtualization || "not known"],
  ];
  return (
    <Section id="setup" title="Settings, versions, machine">
      <h3>To measure the same again</h3>
      <div class="command">
        <code>{run.repeat}</code>
        <Copied text={run.repeat} what="command" />
      </div>
      <p class="note">
        {run.heading.join(" ")} Started {record.started_at}; margin {percent(record.margin, 1)};
        unrig {record.unrig.version} ({record.unrig.commit}).
      </p>
      {run.hazards.length > 0 && (
        <>
          <h3>What this machine does to the figures</h3>
          <ul class="plain">
            {run.hazards.map((text, i) => (
              <li key={i}>{text}</li>
            ))}
          </ul>
        </>
      )}
      {record.advice.length > 0 && (
        <ul class="plain">
          {record.advice.map((text, i) => (
            <li key={i}>{text}</li>
          ))}
        </ul>
      )}
      <div class="columns">
        <Pairs title="Machine" pairs={machine} open />
        <Pairs title="Settings in force" pairs={Object.entries(record.scenario.knobs)} />
        <Pairs title="Versions" pairs={Object.entries(record.versions)} />
        <Pairs title="Settings of the host" pairs={Object.entries(host.settings)} />
        <Pairs
          title="Hashes of stacks"
          pairs={run.hashes.filter((h) => h.stack).map((h) => [h.label, h.stack])}
        />
        <Pairs
          title="Hashes of locks"
          pairs={run.hashes.filter((h) => h.lock).map((h) => [h.label, h.lock])}
        />
      </div>
    </Section>
  );
}
