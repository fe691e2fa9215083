import { type Decoded, decodeBody, describeFailure, type Page } from '../wire/index.ts';
import type { Context } from './context.ts';
import type { RequestOp, RequestOutcome } from './port.ts';

/** Most pages one list may have; more means the exchange and we disagree about cursors. */
const MAX_PAGES = 100;

/** Turn an outcome into a decoded body, or a reason why there is none. */
export function understood<T>(outcome: RequestOutcome, decoder: (value: unknown) => T): Decoded<T> {
  if (outcome.kind !== 'response') return { kind: 'unreadable', reason: `no answer (${outcome.reason})` };
  return decodeBody(outcome.status, outcome.body, decoder);
}

/** A refusal by the exchange itself. A redirect, a 408 or a 5xx may come from something that stands in between. */
export function isVerdict(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408;
}

/** Why a body could not be had, for a person. */
export function whyNot(decoded: Decoded<unknown>): string {
  if (decoded.kind === 'refused') return describeFailure(decoded.failure);
  return decoded.kind === 'unreadable' ? decoded.reason : '';
}

/**
 * Read a whole list, page by page, or as much of it as is `enough`. `done(null, why)` when a page could not be had: a
 * part of a list proves nothing.
 */
export function readList<T>(
  ctx: Context,
  op: RequestOp,
  path: string,
  query: string,
  decoder: (value: unknown) => Page<T>,
  done: (items: readonly T[] | null, why: string) => void,
  enough: (items: readonly T[], pages: number) => boolean = () => false,
): void {
  const items: T[] = [];
  let pages = 0;
  const next = (cursor: string): void => {
    const full = cursor === '' ? query : `${query}&cursor=${encodeURIComponent(cursor)}`;
    ctx.read(op, path, full, ctx.costs.defaultCost, (outcome) => {
      const decoded = understood(outcome, decoder);
      if (decoded.kind !== 'ok') return done(null, whyNot(decoded));
      items.push(...decoded.value.items);
      if (decoded.value.cursor === '' || enough(items, pages + 1)) return done(items, '');
      if (++pages >= MAX_PAGES) return done(null, `${path} did not end after ${MAX_PAGES} pages`);
      next(decoded.value.cursor);
    });
  };
  next('');
}
