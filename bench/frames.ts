/** Frames with what is needed to start over: the books' levels before the first of them. */
export interface FrameSet {
  readonly name: string;
  readonly tickers: readonly string[];
  /** Resting levels before the first frame: market, YES side?, price in the side's own money (1e-4 $), count (1e-2). */
  readonly opening: readonly (readonly [market: number, yes: boolean, price: number, count: number])[];
  readonly frames: readonly Uint8Array[];
  /** NO prices are already YES prices. */
  readonly yesPrices: boolean;
}

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Form = 'new' | 'cents';

/**
 * Made-up deltas over many markets: a few busy markets and many quiet ones, most changes near the touch; additions,
 * reductions and removals as on a real feed, and never a level below zero.
 */
export function generatedFrames(form: Form, markets: number, count: number): FrameSet {
  const random = seeded(form === 'new' ? 1 : 2);
  const step = form === 'new' ? 10 : 100;
  const tickers = Array.from(
    { length: markets },
    (_, i) => `KXBENCH-26NOV${10 + (i % 20)}${17 + (i % 7)}-B${70_000 + i}`,
  );
  const opening: [number, boolean, number, number][] = [];
  const books = tickers.map((_, market) => {
    const middle = 2000 + Math.floor(random() * 60) * 100;
    const sides = [middle - step, 10_000 - middle - step].map((top) => ({ top, sizes: new Map<number, number>() }));
    for (const [i, side] of sides.entries()) {
      for (let k = 0; k < 12; k++) {
        const price = side.top - k * step * (1 + (k >> 2));
        const size = 100 * (1 + Math.floor(random() * 900));
        if (price < step || side.sizes.has(price)) continue;
        side.sizes.set(price, size);
        opening.push([market, i === 0, price, size]);
      }
    }
    return sides;
  });
  const text = new TextEncoder();
  const frames = Array.from({ length: count }, (_, i) => {
    const market = Math.floor(markets * random() ** 3);
    const yes = random() < 0.5;
    const { top, sizes } = books[market]![yes ? 0 : 1]!;
    const price = Math.max(step, top - step * Math.floor(24 * random() ** 2));
    const there = sizes.get(price) ?? 0;
    const change = changeOf(there, random);
    sizes.set(price, there + change);
    return text.encode(
      form === 'new'
        ? newForm(tickers[market]!, market, i, price, change, yes)
        : centsForm(tickers[market]!, i, price, change, yes),
    );
  });
  const name = form === 'new' ? 'generated, fixed-point form' : 'generated, old cents form';
  return { name, tickers, opening, frames, yesPrices: false };
}

/** Signed change of a level in 1e-2 contracts (whole contracts): empty levels fill, others grow, shrink or vanish. */
function changeOf(there: number, random: () => number): number {
  const lot = 100 * (1 + Math.floor(random() * 500));
  if (there === 0) return lot;
  const kind = random();
  if (kind < 0.35) return lot;
  return kind < 0.7 ? -Math.min(lot, there) : -there;
}

function newForm(ticker: string, market: number, i: number, price: number, change: number, yes: boolean): string {
  const id = `${(0x40b92a88 + market).toString(16)}-8bde-4a7e-9d41-da979865ae04`;
  const micros = String(100_000 + ((i * 7919) % 900_000));
  const second = String(10 + (i % 50));
  return `{"type":"orderbook_delta","sid":1,"seq":${i + 2},"msg":{"market_ticker":"${ticker}","market_id":"${id}","price_dollars":"${(price / 10_000).toFixed(4)}","delta_fp":"${(change / 100).toFixed(2)}","side":"${yes ? 'yes' : 'no'}","ts":"2026-11-18T05:34:${second}.${micros}Z"}}`;
}

function centsForm(ticker: string, i: number, price: number, change: number, yes: boolean): string {
  return `{"type":"orderbook_delta","sid":1,"seq":${i + 2},"msg":{"market_ticker":"${ticker}","price":${price / 100},"delta":${change / 100},"side":"${yes ? 'yes' : 'no'}"}}`;
}
