import { connect, createServer, type Server, type Socket } from 'node:net';

/** A cable between a daemon and its exchange, to be cut: on loopback, byte for byte, from a port of its own. */
export class Cable {
  private readonly server: Server;
  private readonly ends = new Set<Socket>();
  private how: 'whole' | 'cut' | 'silent' = 'whole';

  private constructor(exchangePort: number) {
    this.server = createServer((near) => {
      this.ends.add(near);
      near.on('error', () => {});
      if (this.how !== 'whole') {
        if (this.how === 'cut') near.destroy();
        else near.resume();
        return;
      }
      const far = connect(exchangePort, '127.0.0.1');
      this.ends.add(far);
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      near.on('data', (bytes: Buffer) => this.how === 'whole' && far.write(bytes));
      far.on('data', (bytes: Buffer) => this.how === 'whole' && near.write(bytes));
    });
  }

  static async lay(exchangePort: number): Promise<Cable> {
    const cable = new Cable(exchangePort);
    await new Promise<void>((done) => cable.server.listen(0, '127.0.0.1', done));
    return cable;
  }

  get port(): number {
    return (this.server.address() as { readonly port: number }).port;
  }

  /** `cut`: connections end and new ones are closed; `silent`: they stay, and nothing comes through. */
  cut(how: 'cut' | 'silent'): void {
    this.how = how;
    if (how === 'cut') for (const end of this.ends) end.destroy();
  }

  mend(): void {
    this.how = 'whole';
    for (const end of this.ends) end.destroy();
  }

  close(): void {
    this.server.close();
    for (const end of this.ends) end.destroy();
  }
}
