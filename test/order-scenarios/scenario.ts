import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineConfig, RequestOutcome, TextRequest, VenueRequest } from '../../engine/core/index.ts';
import type { ExchangeOrder, OrderRequest } from '../../engine/exchange/order.ts';
import type { MarketView, Quotes, Strategy } from '../../engine/quoting/index.ts';
import { ASK, BID, type Count, count, price, type Side } from '../../engine/units/index.ts';
import { BenchVenue, testConfig, USER } from '../support/bench-venue.ts';

export const T = 'TST-A';
export const OTHER = 'TST-B';

/** One bid and one ask a market, where the test wants them. */
export class Wish implements Strategy {
  readonly name = 'wish';
  /** Cents and contracts by side; contracts 0: nothing. */
  bid: readonly [number, number] = [47, 10];
  ask: readonly [number, number] = [53, 10];

  quote(_: MarketView, quotes: Quotes): void {
    if (this.bid[1] > 0) quotes.bid(price(this.bid[0] * 100), count(this.bid[1] * 100), 1, 0.5);
    else quotes.none(BID, 'not_wanted');
    if (this.ask[1] > 0) quotes.ask(price(this.ask[0] * 100), count(this.ask[1] * 100), 1, 0.5);
    else quotes.none(ASK, 'not_wanted');
  }
}

/** A session on the embedded exchange's rules, and what must hold at every moment of it. */
export class Scene {
  readonly venue: BenchVenue;
  readonly wish = new Wish();
  readonly tickers: readonly string[];
  readonly subaccount: number;
  /** Most contracts a side may have resting; raised with what is wanted. */
  private most = 10;

  constructor(config: Partial<EngineConfig>, options: ConstructorParameters<typeof BenchVenue>[1], tickers = [T]) {
    this.tickers = tickers;
    this.subaccount = config.subaccount ?? 0;
    const strict = { tolerance: { levelsBehind: 0, countShare: 0 }, groupLimit: 10_000_000 as Count };
    this.venue = new BenchVenue(testConfig(tickers, { ...strict, ...config }), { strategy: this.wish, ...options });
    for (const ticker of tickers) {
      this.venue.rest(ticker, BID, '0.4500', 100);
      this.venue.rest(ticker, ASK, '0.5500', 100);
    }
  }

  start(): void {
    this.venue.start();
    for (const ticker of this.tickers) {
      assert.equal(this.resting(BID, ticker).length, 1, 'a bid rests');
      assert.equal(this.resting(ASK, ticker).length, 1, 'an ask rests');
    }
  }

  resting(side: Side, ticker = T): ExchangeOrder[] {
    return this.ours().filter((o) => o.ticker === ticker && o.side === side);
  }

  /** What this engine has resting, whoever else uses the account. */
  ours(): ExchangeOrder[] {
    const resting = this.venue.exchange.restingOf(USER, this.subaccount);
    return resting.filter((o) => o.clientOrderId.startsWith('hd-'));
  }

  /** Somebody else places an order in the account, from another program. */
  place(order: Partial<OrderRequest> & Pick<OrderRequest, 'side' | 'price' | 'count' | 'clientOrderId'>): void {
    this.venue.exchange.create(USER, {
      ticker: T,
      timeInForce: 'good_till_canceled',
      selfTrade: 'taker_at_cross',
      postOnly: true,
      reduceOnly: false,
      cancelOnPause: true,
      groupId: '',
      expirationSeconds: 0,
      ...order,
    });
  }

  /** Want something else from the next look on, and give the engine a reason to look. */
  want(wish: { readonly bid?: readonly [number, number]; readonly ask?: readonly [number, number] }): void {
    if (wish.bid !== undefined) this.wish.bid = wish.bid;
    if (wish.ask !== undefined) this.wish.ask = wish.ask;
    this.most = Math.max(this.most, this.wish.bid[1], this.wish.ask[1]);
    for (const ticker of this.tickers) this.venue.rest(ticker, BID, '0.2000', 1);
  }

  /** Somebody trades against our order of a side, at its price. */
  hit(side: Side, contracts: number): void {
    this.venue.trade(T, side, (this.resting(side)[0]!.price / 10_000).toFixed(4), contracts);
  }

  /** Time passes; every 10 ms nothing is doubled and nothing of ours can meet. */
  run(ms: number): void {
    for (let t = 0; t < ms; t += 10) {
      this.venue.run(10);
      for (const ticker of this.tickers) {
        const [bids, asks] = [this.resting(BID, ticker), this.resting(ASK, ticker)];
        for (const side of [bids, asks]) {
          const open = side.reduce((sum, o) => sum + o.remainingCount, 0);
          assert.ok(open <= this.most * 100, `${open / 100} contracts rest, ${this.most} wanted at the most`);
        }
        const top = Math.max(0, ...bids.map((o) => o.price));
        assert.ok(top < Math.min(10_000, ...asks.map((o) => o.price)), 'own bid meets own ask');
      }
    }
  }

  /** Time passes until this is reported; it must be within a quarter of a minute. */
  until(code: string): void {
    for (let t = 0; t < 15_000 && this.venue.reported(code) === undefined; t += 10) this.run(10);
    assert.ok(this.venue.reported(code), `${code} was not reported`);
  }

  /** The next request of a kind meets this before the exchange sees it; null lets it through. */
  before(op: VenueRequest['op'], act: (request: TextRequest) => RequestOutcome | null): { seen: number } {
    const state = { seen: 0 };
    this.venue.faults.onRequest = (request) => (request.op === op && state.seen++ === 0 ? act(request) : null);
    return state;
  }

  /** The answer to the next request of a kind becomes this; null: it is lost. */
  answer(op: VenueRequest['op'], act: (outcome: RequestOutcome) => RequestOutcome | null): { seen: number } {
    const state = { seen: 0 };
    this.venue.faults.onOutcome = (request, outcome) =>
      request.op === op && state.seen++ === 0 ? act(outcome) : outcome;
    return state;
  }

  /** The private channels fall silent: only answers and reads tell. */
  deafen(types = 'fill|user_order'): void {
    const pattern = new RegExp(`"type":"(${types})"`);
    this.venue.faults.onFrame = (text) => (pattern.test(text) ? null : text);
  }

  count(op: VenueRequest['op'], from = 0): number {
    return this.venue.requests.slice(from).filter((r) => r.op === op).length;
  }

  /** The weather clears; a minute later both sides say the same and what is wanted rests. */
  settle(quoted = true): void {
    this.venue.faults = {};
    this.venue.travelUs = () => this.venue.latencyUs;
    this.run(60_000);
    const status = this.venue.engine.status();
    assert.equal(status.unknownOrders, 0);
    assert.equal(this.venue.refusals429, 0);
    assert.equal(status.liveOrders, this.ours().length, 'live orders');
    for (const m of status.markets) {
      const held = this.venue.exchange.account(USER, this.subaccount).holding(m.ticker);
      assert.equal(m.position, held.position, `${m.ticker}: position`);
      assert.equal(m.fees, held.feesPaid, `${m.ticker}: fees`);
    }
    if (!quoted) return;
    assert.deepEqual(status.halts, []);
    for (const ticker of this.tickers) {
      const rests = ([BID, ASK] as const).map((side) =>
        this.resting(side, ticker).map((o) => [o.price / 100, o.remainingCount / 100]),
      );
      const sum = (side: readonly number[][]): number => side.reduce((total, [, n]) => total + n!, 0);
      assert.deepEqual([sum(rests[0]!), sum(rests[1]!)], [this.wish.bid[1], this.wish.ask[1]], `${ticker}: rests`);
    }
  }
}

/** A situation met while one bid and one ask rest; after it both sides' truths are compared. */
export function scenario(
  name: string,
  body: (scene: Scene) => void,
  options: {
    readonly config?: Partial<EngineConfig>;
    readonly venue?: ConstructorParameters<typeof BenchVenue>[1];
    readonly tickers?: string[];
    /** False: the body starts the session itself. */
    readonly started?: boolean;
    /** False: nothing is quoted in the end. */
    readonly quoted?: boolean;
  } = {},
): void {
  test(name, () => {
    const scene = new Scene(options.config ?? {}, options.venue ?? {}, options.tickers);
    if (options.started !== false) scene.start();
    body(scene);
    scene.settle(options.quoted);
  });
}

export const lost = (): null => null;
export const refusedWith = (status: number, code: string): RequestOutcome => ({
  kind: 'response',
  status,
  body: JSON.stringify({ error: { code, message: code } }),
});
