/** A level of the limits above the market: an event, a series, a strategy, or all. Each holds the sum of those below. */
export class Scope {
  /** What the worst case loses, micro-dollars; nothing is netted between events. */
  risk = 0;
  /** Most contracts held in its markets, either way, open orders counted as if they filled. */
  contracts = 0;
  private readonly parent: Scope | null;

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  /** A change here is one of everything above. */
  add(risk: number, contracts: number): void {
    this.risk += risk;
    this.contracts += contracts;
    this.parent?.add(risk, contracts);
  }
}
