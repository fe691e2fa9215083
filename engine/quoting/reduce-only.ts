import { ASK, BID, type Count } from '../units/index.ts';
import type { QuietReason } from './reason.ts';
import type { Quotes } from './strategy.ts';

/**
 * Leave of quotes what brings a position nearer to nothing, best first and no more than the position. The other side, or
 * both, get the reason.
 */
export function onlyReducing(quotes: Quotes, position: Count, reason: QuietReason): void {
  if (position >= 0) quotes.none(BID, reason);
  if (position <= 0) quotes.none(ASK, reason);
  if (position === 0) return;
  const side = position > 0 ? ASK : BID;
  const wishes = quotes.side(side);
  let left = Math.abs(position);
  let kept = 0;
  for (let i = 0; i < wishes.length && left > 0; i++, kept++) {
    const target = wishes.targets[i]!;
    target.count = Math.min(target.count, left) as Count;
    left -= target.count;
  }
  wishes.length = kept;
}
