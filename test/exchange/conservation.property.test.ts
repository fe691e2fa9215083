import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Account } from '../../engine/exchange/account.ts';
import { OrderGroup } from '../../engine/exchange/groups.ts';
import { LifecycleError } from '../../engine/exchange/lifecycle.ts';
import { setNetting } from '../../engine/exchange/netting.ts';
import { openInterest } from '../../engine/exchange/rest-markets.ts';
import { DECI_CENT, LINEAR_CENT, TAPERED_DECI_CENT } from '../../engine/market/index.ts';
import {
  ASK,
  BID,
  type Money,
  ONE_DOLLAR,
  opposite,
  type Price,
  type Side,
  type TimeUs,
} from '../../engine/units/index.ts';
import { Bench, cents, lots, refusal } from './support/bench.ts';
import { checkBook } from './support/books.ts';

const USERS = ['a', 'b'] as const;
const TICKERS = ['M', 'N', 'O'] as const;
const SHARDS = [0, 2] as const;
const GRIDS = [LINEAR_CENT, DECI_CENT, TAPERED_DECI_CENT];

/** One thing that happens. Small numbers that the act makes of them what it needs. */
interface Step {
  readonly act: (typeof ACTS)[number];
  readonly market: number;
  readonly user: number;
  readonly subaccount: number;
  readonly side: Side;
  readonly cents: number;
  readonly contracts: number;
  readonly flags: number;
}

/** Things that happen often stand here often. */
const ACTS = [
  ...Array(22).fill('place' as const),
  ...Array(10).fill('background' as const),
  ...(['amend', 'amend', 'cancel', 'decrease', 'pass', 'pass', 'group', 'netting', 'netting'] as const),
  ...(['transferShard', 'transferSubaccount', 'grid', 'cancelAll'] as const),
  ...(['pause', 'resume', 'resume', 'resume', 'deactivate', 'activate', 'activate', 'activate'] as const),
  ...(['close', 'reopen', 'reopen', 'determine', 'settle'] as const),
] as const;

const steps = fc.array(
  fc.record({
    act: fc.constantFrom(...ACTS),
    market: fc.nat(TICKERS.length - 1),
    user: fc.nat(USERS.length - 1),
    subaccount: fc.nat(1),
    side: fc.constantFrom<Side>(BID, ASK),
    cents: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 47, max: 53 }) }, fc.integer({ min: 1, max: 99 })),
    contracts: fc.integer({ min: 1, max: 1200 }).map((n) => n / 100),
    flags: fc.nat(15),
  }),
  { minLength: 40, maxLength: 120, size: 'max' },
);

/** Markets of one mutually exclusive event on shard 0, and one on shard 2; every account has two subaccounts. */
class Run {
  readonly t: Bench;
  private readonly nobody = new Account('nobody');
  private readonly opening: number;
  private counted = 0;
  private settled = 0;
  /** Checks at which an account had collateral back. */
  returns = 0;

  constructor(precision: number) {
    this.t = new Bench({
      markets: {},
      feeType: 'quadratic_with_maker_fees',
      precision,
      rules: { transferMs: 3000, cancelAllSeconds: 5 },
    });
    const listing = { eventTicker: 'E', collateralReturn: 'MECNET', settlementSeconds: 4 } as const;
    this.t.list('M', 0, { listing });
    this.t.list('N', 0, { listing });
    this.t.list('O', 2, { feeType: 'quadratic_with_maker_fees', listing: { settlementSeconds: 4 } });
    for (const user of USERS) for (const shard of SHARDS) this.t.fund(user, '40', shard).fund(user, '15', shard, 1);
    this.opening = this.money();
  }

  step(s: Step): void {
    const ticker = TICKERS[s.market]!;
    try {
      refusal(() => this.act(s, ticker));
    } catch (error) {
      if (!(error instanceof LifecycleError)) throw error;
    }
    this.t.exchange.tick();
    this.nobodysPart();
    this.check();
  }

  /** Everything opens again, and then all markets end, in the order and the way the last steps say. */
  end(last: readonly Step[]): void {
    for (const s of last.slice(-3)) {
      for (const act of ['resume', 'close', 'determine', 'settle'] as const) {
        const market = (s.market + last.indexOf(s)) % TICKERS.length;
        this.step({ ...s, act, market, flags: act === 'close' ? 15 : s.flags });
      }
    }
    for (const market of TICKERS.keys())
      for (const act of ['close', 'determine', 'settle'] as const) this.step({ ...last[0]!, act, market, flags: 14 });
    for (const ticker of TICKERS) assert.equal(this.t.market(ticker).listing.status, 'finalized');
  }

  private act(s: Step, ticker: string): void {
    const { t } = this;
    const { exchange } = t;
    const { lifecycle } = exchange;
    const user = USERS[s.user]!;
    const all = [...exchange.orders.values()];
    const order = all.length === 0 ? undefined : all[(s.flags * 97 + s.cents) % all.length];
    switch (s.act) {
      case 'place':
        t.place(user, s.side, s.cents, s.contracts, {
          ticker,
          subaccount: s.subaccount,
          timeInForce: (s.flags & 3) === 3 ? 'immediate_or_cancel' : 'good_till_canceled',
          selfTrade: (s.flags & 4) === 0 ? 'maker' : 'taker_at_cross',
          cancelOnPause: (s.flags & 8) !== 0,
          groupId: s.flags % 5 === 0 ? ([...exchange.groups.keys()].at(-1) ?? '') : '',
        });
        return;
      case 'background':
        return t.background(s.side, s.cents, s.contracts, ticker);
      case 'amend': {
        const total = lots(s.contracts);
        if (order) exchange.amend(order.userId, order.orderId, { side: order.side, price: cents(s.cents), total });
        return;
      }
      case 'cancel':
        if (order) exchange.cancel(order.userId, order.orderId);
        return;
      case 'decrease':
        if (order) exchange.decrease(order.userId, order.orderId, lots(s.contracts / 2));
        return;
      case 'pass':
        return t.pass(s.cents * 50_000);
      case 'transferShard':
        exchange.transfers.toShard(user, {
          fromShard: SHARDS[s.flags & 1]!,
          toShard: SHARDS[1 - (s.flags & 1)]!,
          fromSubaccount: s.subaccount,
          toSubaccount: (s.flags >> 1) & 1,
          amount: (s.cents * 100_000) as Money,
        });
        return;
      case 'transferSubaccount':
        exchange.transfers.toSubaccount(user, {
          clientTransferId: String(s.cents),
          from: s.subaccount,
          to: 1 - s.subaccount,
          exchangeIndex: SHARDS[s.flags & 1]!,
          amount: (s.cents * 100_000) as Money,
        });
        return;
      case 'pause':
        return exchange.pauses.pause(s.flags > 7 ? 'exchange' : 'trading', (s.flags & 1) === 0 ? null : 0);
      case 'resume':
        exchange.pauses.resume('trading', null);
        return exchange.pauses.resume('exchange', null);
      case 'grid':
        return lifecycle.regrid(ticker, GRIDS[s.flags % 3]!);
      case 'group':
        return exchange.desk.create(new OrderGroup(exchange.newId(), user, 0, lots(3), s.subaccount));
      case 'netting':
        return setNetting(exchange, exchange.account(user, s.subaccount), (s.flags & 3) !== 0);
      case 'deactivate':
        return lifecycle.deactivate(ticker);
      case 'activate':
        return lifecycle.activate(ticker);
      case 'close':
        return s.flags > 9 ? lifecycle.moveClose(ticker, t.timeUs as TimeUs) : undefined;
      case 'reopen':
        return lifecycle.reopen(ticker, (t.timeUs + 1e12) as TimeUs);
      case 'determine':
        return this.determine(ticker, s);
      case 'settle':
        return lifecycle.settle(ticker);
      case 'cancelAll':
        return exchange.cancelAll(user, (s.flags & 1) === 0 ? null : s.subaccount);
    }
  }

  /** In a mutually exclusive event one leg at most is worth something. */
  private determine(ticker: string, s: Step): void {
    const { markets, lifecycle } = this.t.exchange;
    const { eventTicker } = this.t.market(ticker).listing;
    const taken = [...markets.values()].some(
      (m) => m.listing.eventTicker === eventTicker && m.listing.ticker !== ticker && (m.outcome?.value ?? 0) > 0,
    );
    if (taken || s.flags < 5) lifecycle.determine(ticker, 'no');
    else if (s.flags < 10) lifecycle.determine(ticker, 'yes');
    else lifecycle.determine(ticker, 'scalar', (s.cents * 100 + 7) as Price);
  }

  /** Whoever of a trade or a settlement is no account is nobody: let nobody's own account book it. */
  private nobodysPart(): void {
    const { fills, exchange } = this.t;
    const fresh = fills.slice(this.counted);
    this.counted = fills.length;
    for (const f of fresh) {
      if (fresh.filter((other) => other.tradeId === f.tradeId).length === 2) continue;
      this.nobody.trade(f.ticker, 0, opposite(f.side), f.price, f.count, 0 as Money);
    }
    const done = [...exchange.markets.values()].filter((m) => m.listing.status === 'finalized');
    if (done.length === this.settled) return;
    this.settled = done.length;
    for (const { listing, outcome } of done) {
      const { holdings } = this.nobody;
      if (holdings.get(listing.ticker)?.position) this.nobody.settle(listing.ticker, 0, outcome!.value, 1);
    }
  }

  /** All cash there is, and what is under way. */
  private money(): number {
    const { accounts, transfers } = this.t.exchange;
    let sum = this.nobody.cashOn(0) as number;
    for (const account of accounts.values()) for (const cash of account.cash.values()) sum += cash;
    for (const { done, amount } of transfers.betweenShards) if (!done) sum += amount;
    return sum;
  }

  private check(): void {
    const { exchange, fills } = this.t;
    let escrow = 0;
    let fees = 0;
    for (const ticker of TICKERS) {
      const market = this.t.market(ticker);
      checkBook(exchange, market);
      const finalized = market.listing.status === 'finalized';
      let net = 0;
      let yes = 0;
      for (const account of [...exchange.accounts.values(), this.nobody]) {
        const h = account.holdings.get(ticker);
        if (h === undefined) continue;
        assert.equal(h.cashFlow, h.realized - h.exposure);
        if (finalized) assert.deepEqual([h.position, h.exposure], [0, 0], 'a position outlived its market');
        net += h.position;
        yes += Math.max(0, h.position);
        fees += account === this.nobody ? 0 : h.feesPaid;
      }
      assert.equal(net, 0, `${ticker}: YES and NO have parted`);
      assert.equal(openInterest(exchange, ticker), yes, 'open interest is every YES there is, nobody its other side');
      escrow += yes * ONE_DOLLAR;
      if (!['active', 'inactive'].includes(market.listing.status))
        assert.ok(![...exchange.orders.values()].some((o) => o.ticker === ticker && o.status === 'resting'));
    }
    let returned = 0;
    const unsettled = ['M', 'N'].filter((ticker) => this.t.market(ticker).listing.status !== 'finalized');
    for (const account of exchange.accounts.values()) {
      const { userId, subaccount } = account;
      for (const { returned: back } of account.netted.values()) {
        assert.ok(back >= 0 && (account.netting || back === 0));
        const held = unsettled.map((t) => Math.max(0, -(account.holdings.get(t)?.position ?? 0)) * ONE_DOLLAR);
        const most = held.reduce((sum, h) => sum + h, 0);
        if (account.netting && unsettled.length === 2) assert.equal(back, most - Math.max(...held));
        assert.ok(back <= most, 'more was returned than is held');
        returned += back;
        if (back > 0) this.returns++;
      }
      // The rounding of a fee may come once per fill; the collateral itself is exact.
      const mine = fills.filter((f) => f.userId === userId && f.subaccount === subaccount).length;
      for (const [shard, cash] of account.cash)
        assert.ok(cash + mine * 10_001 >= 0, `${userId}/${subaccount} owes ${-cash} on shard ${shard}`);
    }
    assert.equal(this.money() + fees + escrow - returned, this.opening, 'money was made or lost');
  }
}

/** How often what the property is about really happened. */
function note(seen: Map<string, number>, run: Run): void {
  const { exchange, fills, groups } = run.t;
  const count = (what: string, n: number): unknown => seen.set(what, (seen.get(what) ?? 0) + n);
  count('fills', fills.length);
  count('settled positions', exchange.settlements.length);
  count('settled in a subaccount', exchange.settlements.filter((s) => s.subaccount > 0).length);
  count('scalar residues', exchange.settlements.filter((s) => s.residue > 0).length);
  count('collateral returned', run.returns);
  count(
    'losses of a netted leg',
    [...exchange.accounts.values()].filter((a) => a.netting && [...a.netted.values()].some((n) => n.lost > 0)).length,
  );
  count('shard transfers', exchange.transfers.betweenShards.length);
  count('subaccount transfers', exchange.transfers.betweenSubaccounts.length);
  count('triggers', groups.filter((g) => g === 'triggered').length);
  count('halt cancels', run.t.orders.filter((o) => o.reason === 'HaltCancel').length);
  for (const { msg } of run.t.lifecycle) count(String(msg['event_type']), 1);
}

describe('whatever happens to accounts and markets', () => {
  for (const precision of [100, 10_000])
    test(`money and contracts are conserved, precision ${precision}`, () => {
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(steps, (all) => {
          const run = new Run(precision);
          for (const step of all) run.step(step);
          run.end(all);
          note(seen, run);
        }),
        { numRuns: Number(process.env['CONSERVATION_RUNS'] ?? 70), seed: 20_261_127 },
      );
      for (const [what, n] of seen) assert.ok(n > 0, `${what} never happened`);
    });
});
