/**
 * A client of the receive measurement: on every `ReceiveRun` it connects, asks for all frames, works on them one way, and
 * tells what that cost this process in CPU and what it computed.
 */
import WebSocket from 'ws';
import { openSocket, type SocketKind } from '../../engine/kalshi/socket.ts';
import { mix } from '../books/candidate.ts';
import { JsonAndMaps, Ours } from '../contenders.ts';
import { generatedFrames } from '../frames.ts';
import { type Received, type ReceiveRun, type ReceiverStart, readStart } from './start.ts';

const MAX_FRAME_BYTES = 1024 * 1024;

/** Takes one frame; the sum of what was computed so far goes in and out. */
type Take = (frame: Buffer, sum: number) => number;

const { markets, frames, way } = readStart<ReceiverStart>();
const set = generatedFrames('new', markets, frames);

function workOf(): { readonly reset: () => void; readonly take: Take } {
  if (way === 'ws-count' || way === 'raw-count') {
    return { reset: () => {}, take: (frame, sum) => mix(sum, frame.length, frame[frame.length >> 1]!) };
  }
  const contender = way === 'ws-json' ? new JsonAndMaps(set) : new Ours(set);
  return { reset: () => contender.reset(), take: (frame, sum) => contender.apply(frame, sum) };
}

const { reset, take } = workOf();

/** Counts the frames of one run and measures it. */
class Run {
  private sum = 0;
  private count = 0;
  private wallNs = 0n;
  private cpu = process.cpuUsage();

  begin(): void {
    this.wallNs = process.hrtime.bigint();
    this.cpu = process.cpuUsage();
  }

  /** True when this was the last. */
  frame(bytes: Buffer): boolean {
    this.sum = take(bytes, this.sum);
    return ++this.count === frames;
  }

  end(): void {
    const { user, system } = process.cpuUsage(this.cpu);
    const wallUs = Number(process.hrtime.bigint() - this.wallNs) / 1000;
    const received: Received = { cpuUs: user + system, wallUs, sum: this.sum, frames: this.count, error: '' };
    process.send?.(received);
  }
}

function fail(error: string): void {
  const received: Received = { cpuUs: 0, wallUs: 0, sum: 0, frames: 0, error };
  process.send?.(received);
}

/** Through this project's sockets. */
function receive(kind: SocketKind, { url, ca }: ReceiveRun): void {
  const run = new Run();
  let isDone = false;
  const options = { url, headers: {}, maxFrameBytes: MAX_FRAME_BYTES, ca: ca ?? undefined };
  const socket = openSocket(kind, options, {
    onOpen: () => {
      run.begin();
      socket.send('go');
    },
    onFrame: (bytes) => {
      if (!run.frame(bytes as Buffer)) return;
      isDone = true;
      run.end();
      socket.close('done');
    },
    onSign: () => {},
    onClose: (reason) => isDone || fail(reason),
  });
}

/** The usual way: the `ws` library by itself. */
function receiveWithLibrary({ url, ca }: ReceiveRun): void {
  const run = new Run();
  const socket = new WebSocket(url, { perMessageDeflate: false, ...(ca === null ? {} : { ca }) });
  socket.on('open', () => {
    run.begin();
    socket.send('go');
  });
  socket.on('message', (data) => {
    if (!run.frame(data as Buffer)) return;
    run.end();
    socket.terminate();
  });
  socket.on('error', (error) => fail(error.message));
}

process.on('message', (run: ReceiveRun) => {
  reset();
  if (way === 'ws-json') receiveWithLibrary(run);
  else receive(way.startsWith('raw') ? 'raw' : 'ws', run);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
