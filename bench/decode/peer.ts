import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One pass of a candidate: the sum of all it read, and the median nanoseconds a frame. */
export interface Pass {
  readonly sum: number;
  readonly ns: number;
}

/** A candidate in a process of its own, in whatever language: it takes and gives lines of text, and else sleeps. */
export class Peer {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private wake: (() => void) | null = null;
  private stderr = '';
  private ended = '';

  private constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(line);
      this.wake?.();
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    // A write to one that has ended: its end tells why.
    this.child.stdin!.on('error', () => {});
    this.child.on('error', (error) => this.end(error.message));
    this.child.on('close', (code, signal) => this.end(`ended with ${signal ?? `status ${code}`}`));
  }

  /** @throws Error when it ends instead of getting ready */
  static async start(name: string, command: string, args: readonly string[]): Promise<Peer> {
    const peer = new Peer(name, command, args);
    await peer.line();
    return peer;
  }

  /** @throws Error when it ends before it answers */
  async time(ms: number): Promise<Pass> {
    const [sum, ns] = (await this.ask(`time ${ms}`)).split(' ').map(Number);
    return { sum: sum!, ns: ns! };
  }

  /** Send a line and wait for the one that answers it. @throws Error */
  ask(line: string): Promise<string> {
    this.child.stdin!.write(`${line}\n`);
    return this.line();
  }

  stop(): void {
    this.child.kill();
  }

  private async line(): Promise<string> {
    while (this.lines.length === 0) {
      if (this.ended !== '') throw new Error(`${this.name} ${this.ended}: ${this.stderr.trim().slice(-500)}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.lines.shift()!;
  }

  private end(how: string): void {
    this.ended ||= how;
    this.wake?.();
  }
}
