import { Agent, request } from 'undici';
import type { TimeUs } from '../units/index.ts';
import { DocumentFault, entriesOf, parsed, partAt } from './document.ts';
import type { Gate } from './gate.ts';
import type { HttpSettings } from './settings.ts';
import type { Health, Source } from './source.ts';
import { Turn } from './turn.ts';

const MOST_BYTES = 8 * 1024 * 1024;

/** What an answer came to: its values, and their common time if it names one. */
interface Answer {
  readonly entries: readonly [name: string, given: unknown][];
  readonly time: unknown;
}

/**
 * An address asked for values again and again, one request at a time. Values without a time of their own are of the
 * moment they were asked for: whatever the way back took, they are at least that old.
 */
export class HttpSource implements Source {
  readonly gate: Gate;
  readonly health: Health;
  private readonly settings: HttpSettings;
  private readonly turn: Turn;
  private readonly nowUs: () => TimeUs;
  private readonly agent: Agent;
  private isClosed = false;

  constructor(settings: HttpSettings, gate: Gate, health: Health, nowUs: () => TimeUs) {
    this.settings = settings;
    this.gate = gate;
    this.health = health;
    this.nowUs = nowUs;
    this.turn = new Turn(settings.everyMs, health);
    this.agent = new Agent({ connections: 1, maxResponseSize: MOST_BYTES, connect: { timeout: settings.timeoutMs } });
  }

  tick(now: TimeUs): Promise<void> {
    return this.turn.take(now, async () => {
      const asked = this.nowUs();
      const answer = await this.ask();
      if (answer === null || this.isClosed) return;
      const time = this.nowUs();
      for (const [name, given] of answer.entries) {
        if (answer.time === undefined || isDated(given)) this.gate.offer(name, given, asked, time);
        else this.gate.take(name, given, answer.time, asked, time);
      }
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.agent.destroy();
  }

  private async ask(): Promise<Answer | null> {
    const { url, timeoutMs } = this.settings;
    try {
      const { statusCode, body } = await request(url, {
        dispatcher: this.agent,
        headers: { accept: 'application/json', 'user-agent': 'hundred', ...authorization(url) },
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await body.text();
      if (statusCode !== 200) throw new DocumentFault(`answers with HTTP ${statusCode}`);
      const answer = this.read(parsed(text));
      this.health.worked();
      return answer;
    } catch (error) {
      if (!this.isClosed) this.health.failed(this.faultOf(error));
      return null;
    }
  }

  private read(document: unknown): Answer {
    const { pointer, name, timePointer } = this.settings;
    const part = partAt(document, pointer);
    const time = timePointer === '' ? undefined : partAt(document, timePointer);
    return { entries: name === '' ? entriesOf(part, pointer) : [[name, part]], time };
  }

  private faultOf(error: unknown): string {
    if (error instanceof DocumentFault) return error.message;
    const { name, code, message } = error as NodeJS.ErrnoException;
    if (name === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT')
      return `has not answered within ${this.settings.timeoutMs} ms`;
    if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return `answers with more than ${MOST_BYTES} bytes`;
    return `cannot be asked: ${message || code}`;
  }
}

/** HTTP's basic authorization from an address such as http://user:password@host/: nothing else sends what stands there. */
function authorization(url: string): { readonly authorization?: string } {
  const { username, password } = new URL(url);
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** An entry with a time of its own. */
function isDated(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'value' in given && 'time' in given;
}
