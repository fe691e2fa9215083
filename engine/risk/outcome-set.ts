/**
 * The worst case over outcomes of which exactly one happens. Each member market pays its YES holders in some of them,
 * and is worth `yes` to us there and `no` in all others; an outcome is worth the sum over the members. A tree of minima
 * over the outcomes makes a change of one market, and the worst case with or without its paying, O(log outcomes).
 */
export class OutcomeSet {
  private readonly count: number;
  /** Leaves of the tree: the least power of two that holds the outcomes. */
  private readonly leaves: number;
  /** Least worth below each node, what was added to all below it included; the root is 1, leaves come last. */
  private readonly least: Float64Array;
  private readonly added: Float64Array;
  /** Where each member pays: flat pairs of first outcome and one past the last. */
  private readonly runs: readonly (readonly number[])[];
  private readonly no: Float64Array;
  private readonly extra: Float64Array;
  private base = 0;

  /**
   * @param outcomes each as the members that pay in it, in any order; consecutive where a member pays costs least
   * @param members how many there are, named from 0
   */
  constructor(outcomes: readonly (readonly number[])[], members: number) {
    this.count = outcomes.length;
    this.leaves = 1;
    while (this.leaves < this.count) this.leaves *= 2;
    this.least = new Float64Array(2 * this.leaves).fill(Number.POSITIVE_INFINITY);
    this.added = new Float64Array(this.leaves);
    this.no = new Float64Array(members);
    this.extra = new Float64Array(members);
    const runs: number[][] = Array.from({ length: members }, () => []);
    for (const [at, payers] of outcomes.entries()) {
      for (const member of payers) {
        const run = runs[member]!;
        if (run.at(-1) === at) run[run.length - 1] = at + 1;
        else run.push(at, at + 1);
      }
    }
    this.runs = runs;
    this.least.fill(0, this.leaves, this.leaves + this.count);
    for (let node = this.leaves - 1; node > 0; node--) this.least[node] = this.below(node);
  }

  /** What a member is worth to us where it does not pay, and where it does; micro-dollars. */
  set(member: number, no: number, yes: number): void {
    const rise = yes - no - this.extra[member]!;
    this.base += no - this.no[member]!;
    this.no[member] = no;
    if (rise === 0) return;
    this.extra[member] = yes - no;
    const runs = this.runs[member]!;
    for (let i = 0; i < runs.length; i += 2) this.raise(runs[i]!, runs[i + 1]!, rise);
  }

  /** Worth of the worst outcome. */
  get worst(): number {
    return this.base + this.least[1]!;
  }

  /** Worth of the worst outcome in which this member pays, or in which it does not; Infinity where there is none. */
  worstWhere(member: number, pays: boolean): number {
    const runs = this.runs[member]!;
    const { leaves, count } = this;
    if (!pays && runs.length === 2) return this.base + this.outside(1, 0, leaves, runs[0]!, runs[1]!);
    let worst = Number.POSITIVE_INFINITY;
    let before = 0;
    for (let i = 0; i < runs.length; i += 2) {
      const from = pays ? runs[i]! : before;
      const to = pays ? runs[i + 1]! : runs[i]!;
      worst = Math.min(worst, this.among(1, 0, leaves, from, to));
      before = runs[i + 1]!;
    }
    if (!pays) worst = Math.min(worst, this.among(1, 0, leaves, before, count));
    return this.base + worst;
  }

  private below(node: number): number {
    return Math.min(this.least[2 * node]!, this.least[2 * node + 1]!) + this.added[node]!;
  }

  private raise(from: number, to: number, by: number): void {
    const { leaves } = this;
    let left = from + leaves;
    let right = to + leaves;
    for (; left < right; left >>= 1, right >>= 1) {
      if ((left & 1) === 1) this.raiseAll(left++, by);
      if ((right & 1) === 1) this.raiseAll(--right, by);
    }
    for (let node = (from + leaves) >> 1; node > 0; node >>= 1) this.least[node] = this.below(node);
    for (let node = (to - 1 + leaves) >> 1; node > 0; node >>= 1) this.least[node] = this.below(node);
  }

  private raiseAll(node: number, by: number): void {
    this.least[node]! += by;
    if (node < this.leaves) this.added[node]! += by;
  }

  private among(node: number, low: number, high: number, from: number, to: number): number {
    if (to <= low || high <= from) return Number.POSITIVE_INFINITY;
    if (from <= low && high <= to) return this.least[node]!;
    const middle = (low + high) >> 1;
    const left = this.among(2 * node, low, middle, from, to);
    const right = this.among(2 * node + 1, middle, high, from, to);
    return Math.min(left, right) + this.added[node]!;
  }

  private outside(node: number, low: number, high: number, from: number, to: number): number {
    if (to <= low || high <= from) return this.least[node]!;
    if (from <= low && high <= to) return Number.POSITIVE_INFINITY;
    const middle = (low + high) >> 1;
    const left = this.outside(2 * node, low, middle, from, to);
    const right = this.outside(2 * node + 1, middle, high, from, to);
    return Math.min(left, right) + this.added[node]!;
  }
}
