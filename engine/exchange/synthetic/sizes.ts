import type { Random } from '../random.ts';

/** A band of order sizes: its share of orders, and its bounds in contracts. */
export interface SizeBand {
  readonly share: number;
  readonly from: number;
  readonly to: number;
  /** Within it sizes are uniform; else their logarithms are. */
  readonly even?: true;
}

/** Sizes of trades on Kalshi by share of trades (72 million trades to November 2025); the largest band is open there. */
export const SIZES: readonly SizeBand[] = [
  { share: 0.065, from: 1, to: 1 },
  { share: 0.211, from: 2, to: 10, even: true },
  { share: 0.436, from: 11, to: 100 },
  { share: 0.25, from: 101, to: 1000 },
  { share: 0.038, from: 1001, to: 5000 },
];

/** A whole number of contracts, at least one. Two draws. */
export function sizeOf(bands: readonly SizeBand[], random: Random, scale: number): number {
  let left = random.next();
  const within = random.next();
  let band = bands[0]!;
  for (const next of bands) {
    band = next;
    left -= next.share;
    if (left < 0) break;
  }
  const { from, to, even } = band;
  const size = even ? from + Math.floor(within * (to - from + 1)) : from * (to / from) ** within;
  return Math.max(1, Math.round(scale * size));
}
