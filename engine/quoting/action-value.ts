import { type Order, remaining } from '../orders/index.ts';
import { BID, type Count, ONE_CONTRACT, type Price, type Side } from '../units/index.ts';
import type { WantedAmend, WantedOrder } from './reconcile.ts';
import type { MarketView, SideTargets } from './strategy.ts';

/** What the worth of an action is reckoned with. docs/scheduler.md says where the defaults come from. */
export interface ValueTerms {
  /** An order with less than this share of its target's edge left is stale, 0 (beyond the fair value) to 1 (ahead at all). */
  readonly staleEdgeShare: number;
  /** Fills a second of an order at the front of the best level, by takers who know nothing. */
  readonly fillsPerSecond: number;
  /** By how much that falls with every cent behind the best level: exp(-decay x cents). */
  readonly decayPerCent: number;
  /** Mean contracts of a taker: so many ahead of an order halve its fills. */
  readonly takerContracts: number;
  /** Fills a second of an order on the wrong side of the fair value. */
  readonly staleHitsPerSecond: number;
  /** How long a quote usually stays right, seconds: what an action earns or saves is counted for so long. */
  readonly quoteLifeSeconds: number;
  /** From the decision to its effect at the exchange, seconds. What is hit sooner cannot be saved. */
  readonly latencySeconds: number;
  /** Urgency 1 counts this much more than urgency 0; one half leaves the value as it is. */
  readonly urgencyFactor: number;
  /** What brings a position nearer to nothing counts this much more. */
  readonly reducingFactor: number;
}

/** Gain assumed of targets whose strategy states none, 1e-4 dollars a contract: one cent. */
const ASSUMED_EDGE = 100;

/** A target's gain a contract for ranking, 1e-4 dollars: what the strategy says, or a cent where it says nothing. */
export function edgeOf(stated: number): number {
  return stated > 0 ? stated : ASSUMED_EDGE;
}

/**
 * Fills a second of an order `behind` (1e-4 dollars) the best level with `ahead` contracts before it in its own level:
 * A exp(-k d) T / (T + Q), the intensity of Avellaneda and Stoikov (2008) times the share of takers that reach through
 * the queue when their sizes have a heavy tail of mean T.
 */
export function fillRate(terms: ValueTerms, behind: number, ahead: Count): number {
  const queue = terms.takerContracts / (terms.takerContracts + ahead / ONE_CONTRACT);
  return terms.fillsPerSecond * Math.exp((-terms.decayPerCent * Math.max(0, behind)) / 100) * queue;
}

/**
 * What a place in the book is worth for the life of a quote, micro-dollars: edge x count x chance of a fill.
 * @param edge 1e-4 dollars a contract
 */
export function placeValue(terms: ValueTerms, edge: number, count: Count, rate: number): number {
  return edge <= 0 ? 0 : edge * count * (1 - Math.exp(-rate * terms.quoteLifeSeconds));
}

/**
 * What an order loses that lies `beyond` (1e-4 dollars) where it should, if it stays for the life of a quote, beyond what
 * it loses before any action of ours could land; micro-dollars.
 * @param edge what is left of its edge: below 0 it is on the wrong side of the fair value, and raced for
 */
export function lossIfLeft(terms: ValueTerms, beyond: number, edge: number, count: Count): number {
  if (beyond <= 0) return 0;
  const rate = hitRate(terms, edge);
  const survives = Math.exp(-rate * terms.latencySeconds);
  return beyond * count * survives * (1 - Math.exp(-rate * terms.quoteLifeSeconds));
}

/** Fills a second of an order ahead of all others with this edge left, 1e-4 dollars. */
export function hitRate(terms: ValueTerms, edge: number): number {
  return edge < 0 ? terms.staleHitsPerSecond : terms.fillsPerSecond;
}

/** How much more than its bare value an action counts. */
export function weightOf(terms: ValueTerms, urgency: number, reduces: boolean): number {
  return terms.urgencyFactor ** (urgency - 0.5) * (reduces ? terms.reducingFactor : 1);
}

/**
 * What the actions of one side of one market are worth. Reused: aim it at a side, then read `value`, `loss` and `hitRate`
 * after each call.
 */
export class ActionWorth {
  /** What the action is worth, micro-dollars; may be negative, where it gives up a better place than it gains. */
  value = 0;
  /** The part of it that pulling the order would save, micro-dollars; above 0 for every order ahead of all targets. */
  loss = 0;
  /** Hits a second that the loss comes from. */
  hitRate = 0;
  /** The order is not only ahead of its target, but has lost so much of its edge that it must not stay. */
  isStale = false;
  private readonly terms: ValueTerms;
  private readonly aheadOf: (order: Order) => number;
  private side: Side = BID;
  private view!: MarketView;
  /** The best target's price and edge; null where nothing is wanted. */
  private best: { readonly price: Price; readonly edge: number } | null = null;

  /** @param aheadOf hundredths of contracts thought to stand before an order at its price, -1 where that is not known */
  constructor(terms: ValueTerms, aheadOf: (order: Order) => number) {
    this.terms = terms;
    this.aheadOf = aheadOf;
  }

  /** @param view of that market; read where something is wanted only */
  aim(view: MarketView, side: Side, wanted: SideTargets): void {
    this.view = view;
    this.side = side;
    this.best = null;
    for (let t = 0; t < wanted.length; t++) {
      const target = wanted.targets[t]!;
      if (this.best === null || this.beyond(target.price, this.best.price) > 0) this.best = target;
    }
  }

  /** A new order: the edge it is expected to earn. */
  create(wanted: WantedOrder, reduces: boolean): void {
    this.loss = 0;
    this.hitRate = 0;
    this.isStale = false;
    this.value = this.gain(wanted) * weightOf(this.terms, wanted.urgency, reduces);
  }

  /** An order that is moved: the loss avoided and the edge gained, less what its old place was worth. */
  amend(wanted: WantedAmend, reduces: boolean): void {
    const { order, isAhead, price } = wanted;
    this.stay(order, isAhead);
    const edge = edgeOf(wanted.edge) - this.beyond(order.price, price);
    const place = placeValue(this.terms, edge, remaining(order), this.fillRate(order.price, this.queueOf(order)));
    const weight = weightOf(this.terms, wanted.urgency, reduces);
    this.value = (this.loss + this.gain(wanted) - place) * weight;
    this.loss *= weight;
  }

  /** An order that is pulled: what it may lose where it is. */
  cancel(order: Order): void {
    this.stay(order, true);
    this.value = this.loss;
  }

  /** Contracts before an order; as long as no frame has shown it, as if it stood in the middle of its level. */
  private queueOf(order: Order): Count {
    const ahead = this.aheadOf(order);
    if (ahead >= 0) return ahead as Count;
    const level = this.view.grid.level(order.price);
    return (level < 0 ? 0 : this.view.sizeAt(this.side, level) / 2) as Count;
  }

  private stay(order: Order, isAhead: boolean): void {
    const { best, terms } = this;
    this.loss = 0;
    this.hitRate = 0;
    this.isStale = false;
    if (!isAhead) return;
    // Where nothing is wanted the fair value is unknown: as if it lay a cent on the wrong side.
    const beyond = best === null ? ASSUMED_EDGE : this.beyond(order.price, best.price);
    const edge = best === null ? -1 : edgeOf(best.edge) - beyond;
    this.hitRate = hitRate(terms, edge);
    this.isStale = best === null || edge < terms.staleEdgeShare * edgeOf(best.edge);
    this.loss = Math.max(1, lossIfLeft(terms, beyond, edge, remaining(order)));
  }

  private gain({ price, count, edge }: WantedOrder): number {
    const ahead = this.view.sizeAt(this.side, this.view.grid.level(price));
    return placeValue(this.terms, edgeOf(edge), count, this.fillRate(price, ahead));
  }

  private fillRate(price: Price, ahead: Count): number {
    const level = this.view.bestLevel(this.side);
    const behind = level < 0 ? 0 : -this.beyond(price, this.view.grid.price(level));
    return fillRate(this.terms, behind, ahead);
  }

  /** How far `price` is on the costly side of another, 1e-4 dollars: positive when it is more aggressive. */
  private beyond(price: Price, other: Price): number {
    return this.side === BID ? price - other : other - price;
  }
}
