import type { TimeUs } from '../units/index.ts';
import { DocumentFault, entriesOf, parsed } from './document.ts';
import { fileFault, stateOf, withFile } from './file.ts';
import type { Gate } from './gate.ts';
import { Patience } from './patience.ts';
import type { FileSettings } from './settings.ts';
import type { Health, Source } from './source.ts';
import { Turn } from './turn.ts';

const MOST_BYTES = 8 * 1024 * 1024;
/** File systems keep time in steps: what was written just before a look may be written again without a trace. */
const STEP_US = 50_000;

/**
 * A JSON file of names and numbers, best replaced as a whole (written beside, then renamed). Values without a time of
 * their own are of the moment the file was written, so that what a dead writer left behind is as old as it is.
 */
export class JsonFile implements Source {
  readonly gate: Gate;
  readonly health: Health;
  private readonly path: string;
  private readonly turn: Turn;
  private readonly patience: Patience;
  private readonly nowUs: () => TimeUs;
  /** The state that needs no second look, and whether that is because it makes no sense. */
  private settled = '';
  private isBad = false;
  /** What was read last, and of which state. */
  private seen = { version: '', text: '' };

  constructor(settings: FileSettings, gate: Gate, health: Health, nowUs: () => TimeUs) {
    this.path = settings.path;
    this.gate = gate;
    this.health = health;
    this.nowUs = nowUs;
    this.turn = new Turn(settings.checkMs, health);
    this.patience = new Patience(health, nowUs);
  }

  tick(now: TimeUs): Promise<void> {
    return this.turn.take(now, async () => {
      const found = await this.read();
      if (found === null) return;
      const time = this.nowUs();
      for (const [name, given] of found.entries) this.gate.offer(name, given, found.writtenAt, time);
    });
  }

  async close(): Promise<void> {}

  /** What is new in it, null for nothing. */
  private async read(): Promise<{ entries: [string, unknown][]; writtenAt: TimeUs } | null> {
    try {
      return await withFile(this.path, async (handle) => {
        const state = await stateOf(handle);
        if (state.version === this.settled) {
          if (!this.isBad) this.patience.worked();
          return null;
        }
        if (state.size > MOST_BYTES) throw new DocumentFault(`is larger than ${MOST_BYTES} bytes`);
        const text = await handle.readFile('utf8');
        // Written while it was read: what was read may be parts of both.
        if ((await stateOf(handle)).version !== state.version) return null;
        const entries = this.parse(text, state.version);
        this.patience.worked();
        if (this.nowUs() - state.writtenAt > STEP_US) this.settle(state.version, false);
        const { seen } = this;
        this.seen = { version: state.version, text };
        if (seen.version === state.version && seen.text === text) return null;
        return { entries, writtenAt: state.writtenAt };
      });
    } catch (error) {
      this.patience.failed(fileFault(error));
      return null;
    }
  }

  private parse(text: string, version: string): [string, unknown][] {
    try {
      return entriesOf(parsed(text));
    } catch (error) {
      // It has stood like this for long enough: not to be read again before it changes.
      if (this.patience.isOver) this.settle(version, true);
      throw error;
    }
  }

  private settle(version: string, isBad: boolean): void {
    this.settled = version;
    this.isBad = isBad;
  }
}
