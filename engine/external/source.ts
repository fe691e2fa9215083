import type { TimeUs } from '../units/index.ts';
import type { Gate } from './gate.ts';

/** How a source is doing: shared by both kinds. Working is told of once, and so is each end of it. */
export class Health {
  /** Times in a row, and in all, that it could not be read. */
  failures = 0;
  total = 0;
  /** Why it could not be read last, '' while it can. */
  trouble = '';
  private readonly who: string;
  private readonly tell: (level: 'info' | 'warn', text: string) => void;

  /** @param who the source and where it reads, for people */
  constructor(who: string, tell: (level: 'info' | 'warn', text: string) => void) {
    this.who = who;
    this.tell = tell;
  }

  failed(why: string): void {
    this.failures++;
    this.total++;
    // Messages of the same fault may differ in a detail; people are told when it begins.
    if (this.trouble === '')
      this.tell('warn', `external source ${this.who} ${why}. Its values grow old until it can be read again`);
    this.trouble = why;
  }

  worked(): void {
    if (this.trouble !== '') this.tell('info', `external source ${this.who} can be read again`);
    this.failures = 0;
    this.trouble = '';
  }
}

/** A source of values. Nothing it does throws. */
export interface Source {
  readonly gate: Gate;
  readonly health: Health;
  /** Time has passed: read if it is due. Resolves when what was begun is through. */
  tick(now: TimeUs): Promise<void>;
  close(): Promise<void>;
}
