import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { Answers, failure, type RawAnswer, type RawCall, tooManyRequests } from './answers.ts';
import type { ApiKey } from './auth.ts';
import type { RequestEnd } from './faults/injector.ts';
import { authenticate, type Front } from './front.ts';
import { Refusal } from './order.ts';
import { RestApi } from './rest.ts';

const ROOT = '/trade-api/v2/';
const MAX_BODY_BYTES = 1024 * 1024;

/** REST over HTTP: every request authenticated, charged and answered, or made to fail where the fault plan says so. */
export class HttpFront {
  private readonly front: Front;
  private readonly answers: Answers;

  constructor(front: Front) {
    this.front = front;
    this.answers = new Answers(front);
  }

  /** The server is about to listen. */
  open(): void {
    this.answers.open();
  }

  handle(res: HttpResponse, req: HttpRequest): void {
    const method = req.getMethod().toUpperCase();
    const url = req.getUrl();
    const path = url.startsWith(ROOT) ? url.slice(ROOT.length).split('/').map(decode) : [];
    const isPublic = path.length === 0 || RestApi.isPublic(method, path);
    let refusal: Refusal | null = null;
    let key: ApiKey | null = null;
    try {
      // A public read that is signed is its sender's.
      if (!isPublic || (path.length > 0 && req.getHeader('kalshi-access-key') !== ''))
        key = authenticate(this.front, req, method, url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal = error;
    }
    const query = req.getQuery() ?? '';
    const address = Buffer.from(res.getRemoteAddressAsText()).toString('latin1');
    const reply = new Reply(res);
    let bytes = 0;
    const parts: Buffer[] = [];
    res.onData((chunk, isLast) => {
      bytes += chunk.byteLength;
      if (bytes <= MAX_BODY_BYTES) parts.push(Buffer.from(chunk.slice(0)));
      if (!isLast || reply.aborted) return;
      if (refusal === null && bytes > MAX_BODY_BYTES) refusal = new Refusal(413, 'request_too_large');
      if (refusal !== null) this.send(reply, failure(refusal));
      else this.serve(reply, { method, path, query, body: Buffer.concat(parts), key, address });
    });
  }

  private serve(reply: Reply, call: RawCall): void {
    const { injector, delays } = this.front;
    if (injector === null) {
      this.send(reply, this.answers.answer(call, 0));
      return;
    }
    const fate = injector.request(
      call.method,
      `/${call.path.join('/')}`,
      call.key?.userId ?? '',
      this.front.elapsedMs(),
    );
    const { end } = fate;
    delays.after(fate.beforeMs, () => {
      const early = end !== null && (end.fault === 'rateLimit' || end.stage === 'before');
      const answer = early ? null : this.answers.answer(call, fate.lagMs);
      delays.after(fate.afterMs, () => {
        if (end !== null) this.fail(reply, end);
        else this.send(reply, answer!);
      });
    });
  }

  private fail(reply: Reply, end: RequestEnd): void {
    this.front.beforeSend();
    if (end.fault === 'drop') reply.close();
    else if (end.fault === 'rateLimit') this.send(reply, failure(tooManyRequests()));
    else if (end.fault === 'error') this.send(reply, failure(ERRORS[end.status]));
  }

  private send(reply: Reply, answer: RawAnswer): void {
    this.front.beforeSend();
    reply.send(answer);
  }
}

const ERRORS: Readonly<Record<500 | 502 | 503 | 504, Refusal>> = {
  500: new Refusal(500, 'internal_error', 'internal error'),
  502: new Refusal(502, 'text:502 Bad Gateway'),
  503: new Refusal(503, 'service_unavailable', 'service unavailable'),
  504: new Refusal(504, 'text:504 Gateway Timeout'),
};

/** The way back to a client that may have left meanwhile. */
class Reply {
  aborted = false;
  private readonly res: HttpResponse;

  constructor(res: HttpResponse) {
    this.res = res;
    res.onAborted(() => {
      this.aborted = true;
    });
  }

  send(answer: RawAnswer): void {
    if (this.aborted) return;
    this.res.cork(() => {
      this.res.writeStatus(`${answer.status} ${STATUS_WORDS[answer.status] ?? 'Status'}`);
      if (answer.type !== '') this.res.writeHeader('Content-Type', answer.type);
      this.res.end(answer.text);
    });
  }

  /** Close the connection without an answer. */
  close(): void {
    if (!this.aborted) this.res.close();
  }
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  410: 'Gone',
  413: 'Payload Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** A path's part as text. One that hides a slash stays as it was sent: it is no way to another path. */
function decode(part: string): string {
  try {
    const text = decodeURIComponent(part);
    return text.includes('/') ? part : text;
  } catch {
    return part;
  }
}
