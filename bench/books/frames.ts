import { BID, ONE_DOLLAR } from '../../engine/units/index.ts';
import { STRIDE, type Stream } from './stream.ts';

/** Frames one behind the other in one buffer, as a socket's reads bring them. */
export interface FrameSet {
  readonly tickers: readonly string[];
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** One more than there are frames: frame i is bytes[starts[i], starts[i + 1]). */
  readonly starts: Int32Array;
}

/** Put frames behind each other. */
export function pack(tickers: readonly string[], frames: readonly Uint8Array[]): FrameSet {
  const starts = new Int32Array(frames.length + 1);
  for (const [i, frame] of frames.entries()) starts[i + 1] = starts[i]! + frame.length;
  const bytes = new Uint8Array(starts[frames.length]!);
  for (const [i, frame] of frames.entries()) bytes.set(frame, starts[i]!);
  return { tickers, bytes, starts };
}

/** The stream as frames in today's fixed-point form, key for key what the exchange writes. */
export function framesOf(stream: Stream): FrameSet {
  const tickers = Array.from(
    { length: stream.markets },
    (_, i) => `KXBENCH-26NOV${10 + (i % 20)}${17 + (i % 7)}-B${70_000 + i}`,
  );
  const text = new TextEncoder();
  const frames = Array.from({ length: stream.length }, (_, i) => text.encode(frame(stream, tickers, i)));
  return pack(tickers, frames);
}

function frame(stream: Stream, tickers: readonly string[], i: number): string {
  const at = i * STRIDE;
  const market = stream.changes[at]!;
  const isYes = stream.changes[at + 1] === BID;
  const price = stream.changes[at + 2]!;
  const id = `${(0x40b92a88 + market).toString(16)}-8bde-4a7e-9d41-da979865ae04`;
  const micros = 100_000 + ((i * 7919) % 900_000);
  const time = `2026-11-18T05:34:${10 + (i % 50)}.${micros}Z`;
  const ms = 1_795_325_650_000 + 1000 * (i % 50) + Math.floor(micros / 1000);
  const own = ((isYes ? price : ONE_DOLLAR - price) / ONE_DOLLAR).toFixed(4);
  const delta = (stream.changes[at + 3]! / 100).toFixed(2);
  return `{"type":"orderbook_delta","sid":1,"seq":${i + 2},"msg":{"market_ticker":"${tickers[market]!}","market_id":"${id}","price_dollars":"${own}","delta_fp":"${delta}","side":"${isYes ? 'yes' : 'no'}","ts":"${time}","ts_ms":${ms}}}`;
}
