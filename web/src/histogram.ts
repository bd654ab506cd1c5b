/** Reads HdrHistogram's compressed V2 encoding, as the store keeps it. */
import { unzlibSync } from "fflate";

import { bytesOf } from "./data";

const COMPRESSED = 0x1c849314;
const PLAIN = 0x1c849313;

/** Slots that are in use, the lowest first. */
export interface Histogram {
  highest: number[]; // of each slot, nanoseconds
  counts: number[];
  total: number;
}

/** ZigZag LEB128: seven bits each and the sign in the lowest; the ninth byte has all eight. */
function* words(bytes: Uint8Array): Generator<number> {
  for (let at = 0; at < bytes.length; ) {
    let value = 0;
    let scale = 1;
    for (let i = 0; ; ++i) {
      const byte = bytes[at++] ?? 0;
      value += (i < 8 ? byte & 127 : byte) * scale;
      scale *= 128;
      if (byte < 128 || i === 8) break;
    }
    yield value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }
}

/** The highest value of a slot; counts and values stay below 2^53, where numbers are whole. */
function highestOf(slot: number, subSlots: number): number {
  const half = subSlots / 2;
  const next = slot + 1;
  if (next < subSlots) return next - 1;
  const doubling = Math.floor(next / half) - 1;
  return (next - doubling * half) * 2 ** doubling - 1;
}

export function decodeHistogram(base64: string): Histogram {
  const outer = bytesOf(base64);
  const view = new DataView(outer.buffer);
  if (view.getUint32(0) !== COMPRESSED) throw new Error("not a histogram in V2 encoding");
  const bytes = unzlibSync(outer.subarray(8, 8 + view.getUint32(4)));
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (head.getUint32(0) !== PLAIN) throw new Error("not a histogram in V2 encoding");
  const length = head.getUint32(4);
  const digits = head.getUint32(12);
  const subSlots = 2 ** Math.ceil(Math.log2(2 * 10 ** digits));
  const histogram: Histogram = { highest: [], counts: [], total: 0 };
  let slot = 0;
  for (const word of words(bytes.subarray(40, 40 + length))) {
    if (word < 0) {
      slot -= word; // so many slots are empty
      continue;
    }
    if (word > 0) {
      histogram.highest.push(highestOf(slot, subSlots));
      histogram.counts.push(word);
      histogram.total += word;
    }
    ++slot;
  }
  return histogram;
}

/** The least value, in nanoseconds, that at least the fraction `q` of all does not exceed. */
export function quantile(histogram: Histogram, q: number): number {
  const wanted = Math.max(1, Math.ceil(q * histogram.total));
  let sum = 0;
  for (let i = 0; i < histogram.counts.length; ++i) {
    sum += histogram.counts[i]!;
    if (sum >= wanted) return histogram.highest[i]!;
  }
  return 0;
}
