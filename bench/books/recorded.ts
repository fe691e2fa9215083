import { existsSync } from 'node:fs';
import path from 'node:path';
import { readCapture } from '../../engine/journal/index.ts';
import { ASK, BID, ONE_DOLLAR } from '../../engine/units/index.ts';
import { type FrameSet, pack } from './frames.ts';
import { type Change, type Stream, streamOf } from './stream.ts';

/** Where a checkout may have recorded feeds beside it. */
const RECORDED = path.join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'shared',
  'feeds',
  'cents_sp500range_20230410.ndjson.gz',
);

interface SnapshotFrame {
  readonly type: 'orderbook_snapshot';
  readonly msg: {
    readonly market_ticker: string;
    readonly yes?: readonly (readonly [number, number])[];
    readonly no?: readonly (readonly [number, number])[];
  };
}

interface DeltaFrame {
  readonly type: 'orderbook_delta';
  readonly msg: { readonly price: number; readonly delta: number; readonly side: string };
}

/** True where the recording is beside this checkout. */
export function hasRecording(): boolean {
  return existsSync(RECORDED);
}

/** The start of a recorded day of one market in the old cents form: its frames, and the same as numbers. */
export async function recorded(most: number): Promise<{ readonly stream: Stream; readonly frames: FrameSet }> {
  const opening: Change[] = [];
  const changes: Change[] = [];
  const bytes: Uint8Array[] = [];
  let ticker = '';
  for await (const lines of readCapture(RECORDED)) {
    for (const { frame } of lines) {
      if (frame === null || changes.length >= most) continue;
      const message = JSON.parse(new TextDecoder().decode(frame)) as SnapshotFrame | DeltaFrame;
      if (message.type === 'orderbook_snapshot') {
        if (ticker !== '') throw new Error('the recording has more than one snapshot');
        ticker = message.msg.market_ticker;
        for (const [price, count] of message.msg.yes ?? []) opening.push(change(true, price, count));
        for (const [price, count] of message.msg.no ?? []) opening.push(change(false, price, count));
      } else if (message.type === 'orderbook_delta') {
        changes.push(change(message.msg.side === 'yes', message.msg.price, message.msg.delta));
        bytes.push(Uint8Array.from(frame));
      }
    }
  }
  const stream = streamOf({ name: 'recorded', markets: 1, levels: 99, opening, isCycle: false }, changes);
  return { stream, frames: pack([ticker], bytes) };
}

function change(yes: boolean, cents: number, contracts: number): Change {
  const own = cents * 100;
  return { market: 0, side: yes ? BID : ASK, price: yes ? own : ONE_DOLLAR - own, delta: contracts * 100 };
}
