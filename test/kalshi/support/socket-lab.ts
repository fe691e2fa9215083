import { setImmediate as turn } from 'node:timers/promises';
import { makeCertificate } from '../../../bench/certificate.ts';
import type { SocketKind } from '../../../engine/kalshi/socket.ts';
import { Recorder } from './recorder.ts';
import { type ScriptedPeer, ScriptServer } from './script-server.ts';

export const KINDS: readonly SocketKind[] = ['ws', 'raw'];
export const MIB = 1024 * 1024;

/** What came of a script. */
export interface Played {
  readonly events: readonly string[];
  readonly reasons: readonly string[];
  /** What the client sent after the upgrade: opcode and payload in hex. */
  readonly sent: readonly string[];
}

const certificate = makeCertificate();

/** The transports of this machine: TLS where a certificate could be made. */
export const TRANSPORTS: readonly ('tcp' | 'tls')[] = certificate === null ? ['tcp'] : ['tcp', 'tls'];

/** A scripted server and the sockets opened to it. */
export class SocketLab {
  readonly server: ScriptServer;
  readonly recorders: Recorder[] = [];

  constructor(transport: 'tcp' | 'tls' = 'tcp') {
    this.server = new ScriptServer(transport === 'tls' ? certificate : null);
  }

  open(kind: SocketKind, maxFrameBytes = MIB, ca = this.server.ca): Recorder {
    const recorder = new Recorder(kind, this.server.url, maxFrameBytes, ca);
    this.recorders.push(recorder);
    return recorder;
  }

  /** Open a connection that is accepted; both its ends. */
  async connect(kind: SocketKind, maxFrameBytes = MIB): Promise<{ recorder: Recorder; peer: ScriptedPeer }> {
    this.server.script = (peer) => peer.socket.write(peer.acceptance());
    const index = this.server.peers.items.length;
    const recorder = this.open(kind, maxFrameBytes);
    const peer = await this.server.peers.at(index);
    await recorder.events.at(0);
    return { recorder, peer };
  }

  /**
   * Accept an upgrade, write `chunks` one loop turn apart, hang up unless the client did, and wait until both ends are
   * gone. With `glued`, the first chunk leaves together with the acceptance.
   */
  async play(
    kind: SocketKind,
    chunks: readonly Uint8Array[],
    options: { readonly maxFrameBytes?: number; readonly glued?: boolean; readonly turns?: number } = {},
  ): Promise<Played> {
    const { maxFrameBytes = MIB, glued = false, turns = 2 } = options;
    const index = this.server.peers.items.length;
    this.server.script = (peer) => {
      const first = glued ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.alloc(0);
      peer.socket.write(Buffer.concat([Buffer.from(peer.acceptance()), first]));
    };
    const recorder = this.open(kind, maxFrameBytes);
    const peer = await this.server.peers.at(index);
    await recorder.events.at(0);
    for (const chunk of chunks.slice(glued ? 1 : 0)) {
      if (peer.socket.destroyed || peer.socket.writableEnded) break;
      peer.socket.write(chunk);
      for (let n = 0; n < turns; n++) await turn();
    }
    peer.socket.end();
    await recorder.closed;
    await Promise.all([recorder.socket.gone, peer.gone]);
    return outcome(recorder, peer);
  }

  async close(): Promise<void> {
    for (const recorder of this.recorders) recorder.socket.close('the test is over');
    await this.server.close();
  }
}

export function outcome(recorder: Recorder, peer: ScriptedPeer): Played {
  const sent = peer.frames.items.map(({ opcode, payload }) => `${opcode} ${payload.toString('hex')}`);
  if (peer.complaint !== '') sent.push(peer.complaint);
  return { events: [...recorder.events.items], reasons: recorder.reasons, sent };
}
