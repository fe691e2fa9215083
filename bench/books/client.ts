import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Work } from './candidate.ts';
import type { Shape } from './stream.ts';

export type CandidateName =
  | 'our frames'
  | 'json frames'
  | 'ours'
  | 'map'
  | 'sorted array'
  | 'linear rescan'
  | 'sorted-btree'
  | 'orderbooks'
  | 'nodejs-order-book';

/** How a client is started: its one argument, as JSON. */
export interface ClientStart {
  readonly name: CandidateName;
  readonly shape: Shape;
}

export interface ClientRequest {
  /** `time`: passes for `amount` milliseconds of CPU time. `weigh`: passes until `amount` messages, with the heap looked at. */
  readonly kind: 'time' | 'weigh';
  readonly work: Work;
  readonly amount: number;
}

export interface ClientReply {
  /** What the last pass returned. */
  readonly sum: number;
  /** Per message. */
  readonly ns: number;
  /** Heap bytes per message. */
  readonly bytes: number;
}

const SCRIPT = path.join(import.meta.dirname, '..', 'clients', 'books.ts');

/** A candidate in its own process, idle but while it answers. */
export class Client {
  readonly name: CandidateName;
  private readonly child: ChildProcess;
  private settle: { resolve(reply: ClientReply): void; reject(error: Error): void } | null = null;
  private stderr = '';
  private ended = '';

  private constructor(start: ClientStart) {
    this.name = start.name;
    this.child = fork(SCRIPT, [JSON.stringify(start)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.child.on('message', (message) => this.answered(message as ClientReply));
    this.child.on('close', (code, signal) => {
      this.ended = `${this.name} ended with ${signal ?? `status ${code}`}: ${this.stderr.trim().slice(-500)}`;
      this.settle?.reject(new Error(this.ended));
    });
  }

  /** Start a candidate; resolves when its books are filled. @throws Error when the process ends instead */
  static async start(start: ClientStart): Promise<Client> {
    const client = new Client(start);
    await client.answer();
    return client;
  }

  /** @throws Error when the process ends before it answers */
  ask(request: ClientRequest): Promise<ClientReply> {
    const answer = this.answer();
    if (this.ended === '') this.child.send(request);
    return answer;
  }

  end(): void {
    this.child.kill();
  }

  private answer(): Promise<ClientReply> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      if (this.ended !== '') reject(new Error(this.ended));
    });
  }

  private answered(reply: ClientReply): void {
    const { settle } = this;
    this.settle = null;
    settle?.resolve(reply);
  }
}
