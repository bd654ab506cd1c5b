/** An interval on a logarithmic axis of ratios: a line from end to end, and the estimate on it. */
import type { ComponentChildren } from "preact";

import type { Estimate } from "./data";
import { place, type Scale } from "./scale";

export function Bar({
  ratio,
  scale,
  kind = "",
  band,
  height = 22,
}: {
  ratio: Estimate;
  scale: Scale;
  kind?: string;
  band?: [number, number] | null;
  height?: number;
}) {
  const middle = height / 2;
  const x = (value: number) => `${place(scale, value).toFixed(2)}%`;
  const has = ratio.low !== null && ratio.high !== null;
  let shade: ComponentChildren = null;
  if (band) {
    const width = place(scale, band[1]) - place(scale, band[0]);
    shade = (
      <rect class="band" x={x(band[0])} width={`${width.toFixed(2)}%`} y="0" height={height} />
    );
  }
  return (
    <svg class={`bar ${kind}`} width="100%" height={height} aria-hidden="true">
      {shade}
      <line class="unit" x1={x(1)} x2={x(1)} y1="0" y2={height} />
      {has && <line class="reach" x1={x(ratio.low!)} x2={x(ratio.high!)} y1={middle} y2={middle} />}
      {ratio.estimate !== null && <circle class="dot" cx={x(ratio.estimate)} cy={middle} r="4" />}
    </svg>
  );
}

export function Axis({ scale }: { scale: Scale }) {
  return (
    <svg class="axis" width="100%" height="22" aria-hidden="true">
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line x1={`${place(scale, tick)}%`} x2={`${place(scale, tick)}%`} y1="0" y2="5" />
          <text x={`${place(scale, tick)}%`} y="18" text-anchor="middle">
            {tick}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** How a ratio stands to 1, as far as its interval tells. */
export function kindOf(ratio: Estimate): string {
  if (ratio.low === null || ratio.high === null) return "open";
  return ratio.low > 1 ? "above" : ratio.high < 1 ? "below" : "open";
}
