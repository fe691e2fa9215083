import type { ExchangeOrder } from '../../../engine/exchange/order.ts';
import { Random } from '../../../engine/exchange/random.ts';
import { Desk, type Resting } from '../../../engine/exchange/synthetic/desk.ts';
import { ASK, BID, type Side } from '../../../engine/units/index.ts';
import { Bench, lots } from './bench.ts';

/** Poisson rates of unit orders at the best prices, a second: Cont, Stoikov and Talreja (2010), table 1. */
export const TSE = { limit: 1.85, cancel: 0.71, market: 0.94 } as const;

const BID_CENTS = 50;
/** Restarts after which a fresh exchange is taken: it keeps a record of every order it ever had. */
const RESTARTS = 2000;
const UNIT = lots(1);

/** What a race between the two best queues of a book with a spread of one tick ended in. */
export interface RaceEnd {
  readonly midRose: boolean;
  /** Our order was filled before the ask queue emptied. */
  readonly filled: boolean;
}

/**
 * Two queues at adjacent prices under Poisson limit orders, cancels and market orders, in the exchange's own ladder. Each
 * order is an entry of its own; ours, where there is one, belongs to an account and is never cancelled.
 */
export class Race {
  private readonly random: Random;
  private bench = new Bench();
  private desk = new Desk(this.bench.exchange, this.bench.market());
  private runs = 0;
  private queues: [Resting[], Resting[]] = [[], []];
  private ours: ExchangeOrder | null = null;

  constructor(seed: number, name: string) {
    this.random = new Random(seed, name);
  }

  /** Let `bids` meet `asks`, until a queue is empty; with `ours`, until our order, the last of the bids, or the asks are gone. */
  run(bids: number, asks: number, ours = false): RaceEnd {
    this.restart(bids, asks, ours);
    for (;;) {
      const bidCount = this.count(BID);
      const askCount = this.count(ASK);
      if (askCount === 0 || bidCount === 0 || this.ours?.status === 'executed')
        return { midRose: askCount === 0, filled: this.ours?.status === 'executed' };
      this.step();
    }
  }

  private step(): void {
    const cancellable = [this.queues[BID].length, this.queues[ASK].length] as const;
    // Buyers who join behind our order change nothing that is asked here, and could only be cancelled.
    const joins = this.ours === null ? TSE.limit : 0;
    const rates = [
      joins,
      TSE.limit,
      TSE.cancel * cancellable[BID],
      TSE.cancel * cancellable[ASK],
      TSE.market,
      TSE.market,
    ];
    let left = this.random.next() * rates.reduce((a, b) => a + b, 0);
    let event = 0;
    while (event < rates.length - 1 && left >= rates[event]!) left -= rates[event++]!;
    const side = (event % 2 === 0 ? BID : ASK) as Side;
    if (event < 2) this.join(side);
    else if (event < 4) this.cancel(side);
    else this.act((desk) => desk.take(side === BID ? ASK : BID, level(side), UNIT));
  }

  private restart(bids: number, asks: number, ours: boolean): void {
    if (++this.runs % RESTARTS === 0) {
      this.bench = new Bench();
      this.desk = new Desk(this.bench.exchange, this.bench.market());
    } else {
      for (const side of [BID, ASK] as const)
        for (const order of this.live(side)) this.act((desk) => desk.cancel(order));
      for (const order of this.bench.exchange.restingOf('us')) this.bench.exchange.remove(order, '');
    }
    this.queues = [[], []];
    for (let i = 0; i < bids - (ours ? 1 : 0); i++) this.join(BID);
    this.ours = ours ? this.bench.fund('us').place('us', BID, BID_CENTS, 1, { postOnly: true }) : null;
    for (let i = 0; i < asks; i++) this.join(ASK);
  }

  private act(what: (desk: Desk) => void): void {
    this.bench.exchange.onMarket('M', () => what(this.desk));
  }

  private join(side: Side): void {
    this.act((desk) => {
      const order = desk.rest(side, level(side), UNIT);
      if (order !== null) this.queues[side].push(order);
    });
  }

  private cancel(side: Side): void {
    const live = this.live(side);
    const order = live[this.random.integer(0, live.length - 1)]!;
    this.act((desk) => desk.cancel(order));
  }

  private live(side: Side): Resting[] {
    const live = this.queues[side].filter(({ entry }) => entry.left > 0);
    this.queues[side] = live;
    return live;
  }

  private count(side: Side): number {
    this.live(side);
    return this.bench.market().ladder.total(side, level(side)) / UNIT;
  }
}

/** Whole cents: level 0 is one cent. */
function level(side: Side): number {
  return side === BID ? BID_CENTS - 1 : BID_CENTS;
}
