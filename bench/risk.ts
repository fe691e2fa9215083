import { performance } from 'node:perf_hooks';
import { checkOrder, MarketLimits, RiskContext, RiskVerdict } from '../engine/risk/index.ts';
import { type BenchResult, type Check, median, type Row } from './result.ts';
import { BenchDesk, LIMITS } from './risk/desk.ts';
import { recompute } from './risk/recompute.ts';

/** Markets of the event and orders in each. */
const ORDERS: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 10],
  [1, 100],
];
const MARKETS: readonly (readonly [number, number])[] = [
  [1, 10],
  [2, 10],
  [5, 10],
  [10, 10],
  [20, 10],
  [50, 10],
];
const STEPS = 5000;

interface Case {
  readonly markets: number;
  readonly orders: number;
  readonly ours: () => RiskVerdict;
  readonly fresh: () => RiskVerdict;
  readonly oursNs: number[];
  readonly freshNs: number[];
}

/** One change of an order and one check of another, by sums that are kept and by a look at everything. */
export function benchRisk(short: boolean): Promise<BenchResult> {
  const cases = [...ORDERS, ...MARKETS].map(([markets, orders]) => caseOf(markets, orders));
  const checks = cases.map(agreement);
  const rounds = short ? 15 : 60;
  for (let round = -3; round < rounds; round++) {
    for (const c of cases) {
      const [ours, fresh] = [timed(c.ours), timed(c.fresh)];
      if (round < 0) continue;
      c.oursNs.push(ours);
      c.freshNs.push(fresh);
    }
  }
  const rows: Row[] = cases.map((c) => ({
    what: `${c.markets} market${c.markets > 1 ? 's' : ''} x ${c.orders} orders`,
    unit: 'ns',
    ours: median(c.oursNs),
    baseline: median(c.freshNs),
    ratio: 'speedup',
  }));
  const [one, , hundred] = cases;
  const event = cases.slice(ORDERS.length);
  rows.push(flat('100 orders in a market against 1', hundred!, one!, 1.5, 1.15));
  rows.push(flat('50 markets in an event against 1', event.at(-1)!, event[0]!, 4, 2));
  const notes = [
    'one change of an order of ours and one check of an order, every constraint with a limit: median ns of both together',
    'baseline: the worst cases recomputed in one pass over all orders and markets; verdicts are compared',
  ];
  return Promise.resolve({ name: 'risk', rows, checks, notes, data: {} });
}

/** `a` as a multiple of `b`, both ours. */
function flat(what: string, a: Case, b: Case, must: number, stretch: number): Row {
  return { what, unit: 'ns', ours: median(a.oursNs), baseline: median(b.oursNs), ratio: 'overhead', must, stretch };
}

function caseOf(markets: number, orders: number): Case {
  const kept = new BenchDesk(markets, orders);
  const looked = new BenchDesk(markets, orders);
  const limits = new MarketLimits(LIMITS);
  const context = new RiskContext();
  context.equity = 1e15;
  const verdict = new RiskVerdict();
  const ours = (): RiskVerdict => {
    const { ctx, want } = kept;
    ctx.risk.exposure.order(kept.step());
    ctx.risk.judge(want, Number.NaN, kept.verdict);
    return kept.verdict;
  };
  const fresh = (): RiskVerdict => {
    looked.step();
    recompute(looked, context);
    const { side, price, count } = looked.want;
    context.take(side, price, count);
    checkOrder(limits, context, verdict);
    return verdict;
  };
  return { markets, orders, ours, fresh, oursNs: [], freshNs: [] };
}

/** Both ways come to the same verdicts, and not always to the same one. */
function agreement({ markets, orders, ours, fresh }: Case): Check {
  const seen = new Set<string>();
  let different = '';
  for (let n = 0; n < 2000; n++) {
    const [a, b] = [text(ours()), text(fresh())];
    seen.add(a);
    if (a !== b && different === '') different = `step ${n}: ${a} against ${b}`;
  }
  const what = `${markets} x ${orders}: the verdicts are the same`;
  return { what, passed: different === '' && seen.size > 1, detail: different || `there was only ${[...seen].join()}` };
}

function text({ code, count, value, limit }: RiskVerdict): string {
  return `${code} ${count} ${value} ${limit}`;
}

function timed(step: () => RiskVerdict): number {
  const begun = performance.now();
  let count = 0;
  for (let n = 0; n < STEPS; n++) count += step().count;
  const ns = ((performance.now() - begun) * 1e6) / STEPS;
  return count >= 0 ? ns : Number.NaN;
}
