/** The obvious order book: a map per side and a sort at every question. Slow, independent, and easy to believe. */
export class ReferenceBook {
  readonly sides: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];

  /** New size, or null when it would be negative. */
  add(side: number, level: number, delta: number): number | null {
    const map = this.sides[side]!;
    const after = (map.get(level) ?? 0) + delta;
    if (after < 0) return null;
    if (after === 0) map.delete(level);
    else map.set(level, after);
    return after;
  }

  clear(): void {
    for (const map of this.sides) map.clear();
  }

  /** Occupied levels of a side, best first. */
  levels(side: number): number[] {
    return [...this.sides[side]!.keys()].sort((a, b) => (side === 0 ? b - a : a - b));
  }
}
