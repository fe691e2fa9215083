import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The header that tells the server behind a relay which of its connections a request came over. */
export const RELAY_HEADER = 'x-hundred-relay';

interface Pair {
  readonly outer: Socket;
  readonly inner: Socket;
  frozen: boolean;
}

/**
 * Passes TCP connections on to the server behind it, and can do to them what a server cannot do to its own: stop reading
 * and writing while the connection stays open, or end it with a reset. Used only when a fault asks for that.
 */
export class Relay {
  private readonly server: Server;
  private readonly pairs = new Map<string, Pair>();
  private next = 1;
  private innerPort = 0;

  constructor() {
    this.server = createServer({ noDelay: true }, (outer) => this.accept(outer));
  }

  /** Listen; the port in use, or null when it is taken. */
  listen(host: string, port: number, innerPort: number): Promise<number | null> {
    this.innerPort = innerPort;
    return new Promise((resolve) => {
      this.server.once('error', () => resolve(null));
      this.server.listen(port, host, () => resolve((this.server.address() as AddressInfo).port));
    });
  }

  /** Nothing is read any more from a client whose connection stays open; what the server has sent still goes out. */
  freeze(name: string): void {
    const pair = this.pairs.get(name);
    if (pair === undefined) return;
    pair.frozen = true;
    pair.outer.unpipe(pair.inner);
    pair.outer.pause();
  }

  /** End a connection with a TCP reset. */
  reset(name: string): void {
    const pair = this.pairs.get(name);
    pair?.inner.destroy();
    pair?.outer.resetAndDestroy();
  }

  close(): void {
    this.server.close();
    for (const { outer, inner } of this.pairs.values()) {
      outer.destroy();
      inner.destroy();
    }
  }

  private accept(outer: Socket): void {
    const name = String(this.next++);
    const inner = connect({ host: '127.0.0.1', port: this.innerPort, noDelay: true });
    const pair: Pair = { outer, inner, frozen: false };
    this.pairs.set(name, pair);
    for (const socket of [outer, inner]) socket.on('error', () => {});
    outer.on('close', () => {
      inner.destroy();
      this.pairs.delete(name);
    });
    inner.on('close', () => {
      if (!pair.frozen) outer.end();
    });
    outer.once('data', (first: Buffer) => {
      const at = first.indexOf('\r\n') + 2;
      const line = Buffer.from(`${RELAY_HEADER}: ${name}\r\n`);
      inner.write(at < 2 ? first : Buffer.concat([first.subarray(0, at), line, first.subarray(at)]));
      outer.pipe(inner);
      inner.pipe(outer, { end: false });
    });
  }
}
