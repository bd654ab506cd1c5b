/** The stacks that the charts show, each with its colour and its dashes. */
import { useState } from "preact/hooks";

export const MOST = 5;

export interface Chosen {
  labels: (string | null)[]; // by colour
  full: boolean;
  toggle: (label: string) => void;
}

/** Okabe and Ito's palette, for the colour-blind; dashes for who sees no colour. */
export const DASHES: number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2]];

export function useChosen(first: string[]): Chosen {
  const [labels, set] = useState<(string | null)[]>(
    Array.from({ length: MOST }, (_, i) => first[i] ?? null),
  );
  const toggle = (label: string) => {
    const next = [...labels];
    const at = next.indexOf(label);
    const free = next.indexOf(null);
    if (at >= 0) next[at] = null;
    else if (free >= 0) next[free] = label;
    set(next);
  };
  return { labels, full: !labels.includes(null), toggle };
}

/** From 0; null: it is not shown. */
export function colourOf(chosen: Chosen, label: string): number | null {
  const at = chosen.labels.indexOf(label);
  return at < 0 ? null : at;
}

export function shown(chosen: Chosen): { label: string; colour: number }[] {
  return chosen.labels.flatMap((label, colour) => (label === null ? [] : [{ label, colour }]));
}
