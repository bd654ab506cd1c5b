/** Figures as text. */
import type { Estimate } from "./data";

/** Three digits or the whole part, whichever is longer. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return grouped(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** With thin spaces between groups of three digits, from 10,000 on. */
export function grouped(value: number): string {
  const text = String(value);
  return Math.abs(value) < 10000 ? text : text.replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function milliseconds(us: number | null | undefined): string {
  return us === null || us === undefined ? "–" : short(us / 1000);
}

export function ratio(value: number | null | undefined, decimals = 2): string {
  if (value === null || value === undefined) return "–";
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : decimals);
}

export function interval(e: Estimate, decimals = 2): string {
  if (e.low === null || e.high === null) return "–";
  return `${ratio(e.low, decimals)} – ${ratio(e.high, decimals)}`;
}

/** "2.7 – 3.1"; of one value that alone. */
export function range(low: number, high: number): string {
  const [from, to] = [ratio(low), ratio(high)];
  return from === to ? from : `${from} – ${to}`;
}

export function percent(value: number, digits = 0): string {
  return `${(value * 100).toFixed(digits)} %`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
