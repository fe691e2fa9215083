import { createHash } from 'node:crypto';
import type { DeskEvent } from './rfq.ts';

/** Which messages of the `communications` channel a subscription gets: all, its own, or one share of the markets. */
export interface CommunicationsShare {
  readonly self: boolean;
  /** Markets are dealt out to this many shares, of which this is number `key`. */
  readonly factor: number;
  readonly key: number;
}

export const EVERYTHING: CommunicationsShare = { self: false, factor: 1, key: 0 };

const MOST_SHARES = 100;

/** The share that a subscribe asks for, or the error it is answered with. */
export function shareOf(
  params: Readonly<Record<string, unknown>>,
): CommunicationsShare | { readonly code: number; readonly text: string } {
  const { user_filter: filter, shard_factor: factor, shard_key: key } = params;
  if (filter !== undefined && filter !== '' && filter !== 'self') return { code: 11, text: 'Invalid parameter' };
  const self = filter === 'self';
  if (factor === undefined && key !== undefined)
    return { code: 20, text: 'shard_factor is required when shard_key is set' };
  if (factor === undefined) return { ...EVERYTHING, self };
  if (!Number.isInteger(factor) || (factor as number) <= 0) return { code: 19, text: 'shard_factor must be > 0' };
  if ((factor as number) > MOST_SHARES) return { code: 22, text: `shard_factor must be <= ${MOST_SHARES}` };
  if (!Number.isInteger(key ?? 0) || ((key ?? 0) as number) < 0 || ((key ?? 0) as number) >= (factor as number))
    return { code: 21, text: 'shard_key is out of range' };
  return { self, factor: factor as number, key: (key ?? 0) as number };
}

/** Whether a message is in the share of a subscriber. A market's messages are all in the same share. */
export function gets(share: CommunicationsShare, event: DeskEvent, userId: string): boolean {
  if (share.self && event.rfq.userId !== userId && !('quote' in event && event.quote.userId === userId)) return false;
  if (share.factor === 1) return true;
  return createHash('sha256').update(event.rfq.ticker).digest().readUInt32BE(0) % share.factor === share.key;
}
