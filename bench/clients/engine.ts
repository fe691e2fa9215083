/** Client under test: the daemon as `hundred run` runs it (venue, core, risk, orders, journal), with a bench strategy. */
import { openSession } from '../../engine/cli/open.ts';
import type { EngineConfig } from '../../engine/core/index.ts';
import { type MarketView, type Quotes, SCHEDULE_DEFAULTS, type Strategy } from '../../engine/quoting/index.ts';
import { GROUP_DEFAULTS } from '../../engine/risk/index.ts';
import { ASK, BID, type Count, type Money, type Price } from '../../engine/units/index.ts';
import { TICKER } from '../harness.ts';
import { readStart, ready } from './start.ts';

const RESTING = 4000 as Price;
const ONE = 100 as Count;

let isReady = false;

/** One contract at the best bid while somebody bids above the standing price, nothing otherwise. */
const joinTheBid: Strategy = {
  name: 'join-the-bid',
  quote(view: MarketView, quotes: Quotes): void {
    if (!isReady) {
      // Asked for quotes for the first time: setup, reconciliation and the book are all done.
      isReady = true;
      ready();
    }
    const best = view.grid.price(view.bestLevel(BID));
    if (best > RESTING) quotes.bid(best, ONE, 100, 1);
    else quotes.none(BID, 'no_edge');
    quotes.none(ASK, 'not_wanted');
  },
};

const HOUR_MS = 3_600_000;
const LOTS = 1e12;

const config: EngineConfig = {
  sessionId: 'bench',
  clientPrefix: 'hd',
  subaccount: 0,
  leftovers: 'cancel',
  cashMismatch: 'warn',
  tickers: [TICKER],
  strategy: { name: joinTheBid.name, params: {} },
  risk: {
    maxPosition: LOTS as Count,
    maxOrderCount: LOTS as Count,
    maxOrdersPerMarket: 10,
    maxOrders: 10,
    maxCapital: LOTS as Money,
    priceBand: 9900,
  },
  maxSessionLoss: LOTS as Money,
  groupLimit: 100_000 as Count,
  groups: GROUP_DEFAULTS,
  tolerance: { levelsBehind: 0, countShare: 0 },
  replace: 'cancel_create',
  quoteOneSided: false,
  staleTicks: 3,
  closeGuardMs: 0,
  budget: { share: 1, jitterMs: 0, reserve: 0, maxBatch: 20, shardBuckets: true, view: 'tokens' },
  scheduler: SCHEDULE_DEFAULTS,
  timing: {
    requestTimeoutMs: 5000,
    retryMs: 100,
    snapshotTimeoutMs: 2000,
    resubscribeTimeoutMs: 500,
    quietCheckMs: HOUR_MS,
    unknownAskMs: 500,
    unknownMinAgeMs: 10_000,
    absentReads: 3,
    missingFillMs: 2000,
    reconcileMs: HOUR_MS,
    refusedHoldMs: 1000,
    stopTimeoutMs: 1000,
  },
  feePrecision: 100,
};

const { port, keyId, keyPath, folder, fast } = readStart();
// Ticks come faster here than signatures are made for: one serves the requests of its step.
const signatures = { made: 'ahead', reuse: true, paths: [] } as const;
const orders = fast ? { orders: { transport: 'raw', connections: 8, signatures } as const } : {};
const session = openSession({
  title: 'bench',
  config,
  strategy: joinTheBid,
  hosts: { restUrl: `http://127.0.0.1:${port}/trade-api/v2`, wsUrl: `ws://127.0.0.1:${port}/trade-api/ws/v2` },
  keyId,
  keyPath,
  journalFolder: folder,
  ...orders,
  forMs: 0,
});
process.on('disconnect', () => process.exit(0));
await session.run();
