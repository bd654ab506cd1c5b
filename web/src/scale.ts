/** A logarithmic axis of ratios, in per cent of its width. */
import type { Estimate } from "./data";

export interface Scale {
  low: number;
  high: number;
  ticks: number[];
}

/** Within one decade, rounder ones first. */
function stepsOf(wide: number): number[] {
  if (wide > 20) return [1, 2, 5];
  if (wide > 4) return [1, 2, 5, 3, 1.5, 7];
  if (wide > 1.5) return [1, 2, 5, 1.5, 3, 7, 1.2, 8, 6, 4, 9, 1.1, 1.3];
  return [1, 9, 1.1, 8, 1.2, 9.5, 1.05, 9.8, 1.02, 9.6, 1.04, 9.9, 1.01];
}

/** Holds 1 and every end of the intervals, and is wide enough to show that little is little. */
export function scaleOf(ratios: Estimate[], extra: number[] = []): Scale {
  const ends = ratios
    .flatMap((r) => [r.low, r.high, r.estimate])
    .concat(extra)
    .filter((v): v is number => v !== null && v > 0 && Number.isFinite(v));
  const low = Math.min(0.95, ...ends) / 1.04;
  const high = Math.max(1.05, ...ends) * 1.04;
  const ticks: number[] = [];
  for (let decade = -3; decade <= 3; ++decade) {
    for (const step of stepsOf(high / low)) {
      const tick = Number((step * 10 ** decade).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return { low, high, ticks: thinned(ticks, low, high) };
}

/** No two ticks nearer than a tenth of the axis; 1 stays. */
function thinned(ticks: number[], low: number, high: number): number[] {
  const apart = Math.log(high / low) * 0.085;
  const kept = [1];
  for (const tick of ticks) {
    if (kept.every((k) => Math.abs(Math.log(k / tick)) >= apart)) kept.push(tick);
  }
  return kept.sort((a, b) => a - b);
}

export function place(scale: Scale, value: number): number {
  const at = (100 * Math.log(value / scale.low)) / Math.log(scale.high / scale.low);
  return Math.max(0, Math.min(100, at));
}
