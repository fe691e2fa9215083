import { asObject, wrong } from './fields.ts';
import type { SnapshotMessage } from './frames.ts';
import { snapshotMessage } from './messages.ts';

/**
 * `GET /markets/{ticker}/orderbook`: a whole book in YES space. Its NO side is always in NO money, whatever the feed was
 * subscribed with. @throws WireError
 */
export function bookBody(value: unknown): SnapshotMessage {
  const o = asObject(value, 'body');
  const book = asObject(o['orderbook_fp'] ?? o['orderbook'], 'orderbook_fp');
  for (const leg of ['yes', 'no']) {
    // An empty side is an empty list; a body without the lists is one we do not understand, and no empty book.
    if (!(`${leg}_dollars` in book || leg in book)) throw wrong(`${leg}_dollars`, undefined, 'an array');
  }
  return snapshotMessage(book, false);
}
