import { test } from 'node:test';
import type { EngineConfig } from '../../engine/core/index.ts';
import { BID } from '../../engine/units/index.ts';
import type { ProxyFrame } from '../support/fault-proxy.ts';
import { SocketBench } from '../support/socket-bench.ts';

type Timing = Partial<EngineConfig['timing']>;

/** A situation on real sockets: both markets quoted before, and on true books again after. */
export function scenario(name: string, timing: Timing, body: (bench: SocketBench) => Promise<void>): void {
  test(name, async () => {
    const bench = await SocketBench.open(timing);
    try {
      await bench.start();
      await body(bench);
      await bench.quoted();
    } finally {
      await bench.close();
    }
  });
}

/** A change of the book far from the touch: one delta, no change of our quotes. */
export function tick(bench: SocketBench, ticker: string): void {
  bench.rest(ticker, BID, '0.2000', 3);
}

/** Frames of a type, of one market where it is named. */
export function of(type: string, ticker = ''): (frame: ProxyFrame) => boolean {
  return (frame) => frame.type === type && (ticker === '' || frame.ticker === ticker);
}

/** Frames of a type on the first connection only. */
export function first(bench: SocketBench, type: string, part = ''): (frame: ProxyFrame) => boolean {
  return (frame) => frame.type === type && frame.text.includes(part) && bench.proxy.accepted === 1;
}

export const DELTA = 'orderbook_delta';
export const SNAPSHOT = 'orderbook_snapshot';
export const ALWAYS = Number.POSITIVE_INFINITY;

/** Commands that ask for snapshots. */
export const asksSnapshot = of('update_subscription');

/** Let the exchange end a subscription with an error, as it does with one it cannot serve any more. */
export function end(bench: SocketBench, channel: string, code: number): void {
  const sid = bench.proxy.sidOf(channel);
  const error = JSON.stringify({ type: 'error', sid, msg: { code, msg: 'ended' } });
  bench.proxy.down(of('unsubscribed'), { as: () => error });
  bench.proxy.command(JSON.stringify({ id: 9000, cmd: 'unsubscribe', params: { sids: [sid] } }));
}
