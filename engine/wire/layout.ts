import { type Layout, Slot, type SlotKind } from './template.ts';

/** A map and no object: a frame may have a key `constructor`. */
type SlotsByKey = ReadonlyMap<string, SlotKind>;

function byKey(slots: Readonly<Record<string, SlotKind>>): SlotsByKey {
  return new Map(Object.entries(slots));
}

const DELTA_SLOTS: SlotsByKey = byKey({
  market_ticker: Slot.Ticker,
  price_dollars: Slot.Dollars,
  delta_fp: Slot.Contracts,
  side: Slot.Leg,
  ts_ms: Slot.TimeMs,
  price: Slot.Cents,
  delta: Slot.WholeContracts,
});

const TRADE_SLOTS: SlotsByKey = byKey({
  market_ticker: Slot.Ticker,
  yes_price_dollars: Slot.Dollars,
  count_fp: Slot.Contracts,
  taker_outcome_side: Slot.Leg,
  ts_ms: Slot.TimeMs,
});

const ENVELOPE_SLOTS: SlotsByKey = byKey({ sid: Slot.Sid, seq: Slot.Seq });

/** Longest frame a layout is learnt from; anything longer is no delta of this server's. */
const MAX_LAYOUT_BYTES = 2048;

/**
 * The layout of a frame the scanner has accepted, or null when the frame is not worth a template: not written without
 * spaces, both wire forms in one, or literals (`true`, `null`) where values vary. Only called for frames of kinds that
 * have shown no layout yet, so it may be slow and simple.
 */
export function learnLayout(bytes: Uint8Array, isTrade: boolean): Layout | null {
  if (bytes.length > MAX_LAYOUT_BYTES) return null;
  const text = String.fromCharCode(...bytes);
  if (/[^\x20-\x7e]|\\/.test(text)) return null;
  const slots: SlotKind[] = [];
  const literals: string[] = [];
  const token = /"([^"]*)":(?:"([^"]*)"|(-?\d+)|(true|false)|(\{))/y;
  let literal = '{';
  let inner = false;
  let block = false;
  token.lastIndex = 1;
  if (text[0] !== '{') return null;
  for (;;) {
    const start = token.lastIndex;
    const match = token.exec(text);
    if (match === null) return null;
    const [whole, key, string, number, word, object] = match;
    const fixed = object !== undefined || word !== undefined || (!inner && key === 'type');
    if (object !== undefined && (inner || key !== 'msg')) return null;
    if (object !== undefined) inner = true;
    if (inner && key === 'is_block_trade') block = word === 'true';
    if (fixed) literal += whole;
    else {
      const slot = slotOf(key!, inner, isTrade, string !== undefined);
      if (slot === null) return null;
      const value = string ?? number!;
      const head = text.slice(start, start + whole.length - value.length - (string === undefined ? 0 : 1));
      literals.push(literal + head);
      slots.push(slot);
      literal = string === undefined ? '' : '"';
    }
    if (object !== undefined) continue;
    const next = text[token.lastIndex];
    if (next === ',') {
      literal += ',';
      token.lastIndex++;
    } else if (inner && text.startsWith('}}', token.lastIndex) && token.lastIndex + 2 === text.length) {
      literals.push(`${literal}}}`);
      const encoded = literals.map((l) => Uint8Array.from(l, (c) => c.charCodeAt(0)));
      return isComplete(slots) ? { isTrade, isBlockTrade: block, slots, literals: encoded } : null;
    } else return null;
  }
}

function slotOf(key: string, inner: boolean, isTrade: boolean, isString: boolean): SlotKind | null {
  const known = (inner ? (isTrade ? TRADE_SLOTS : DELTA_SLOTS) : ENVELOPE_SLOTS).get(key);
  if (known === undefined) {
    // Fields that mean something elsewhere are the scanner's business.
    if (!inner || (isTrade ? DELTA_SLOTS : TRADE_SLOTS).has(key)) return null;
    return isString ? Slot.SkipText : Slot.SkipNumber;
  }
  const wantsString = known === Slot.Ticker || known === Slot.Dollars || known === Slot.Contracts || known === Slot.Leg;
  return wantsString === isString ? known : null;
}

/** Equal for layouts whose readers would read the same frames. */
export function nameOf({ slots, literals }: Layout): string {
  return literals.map((literal, n) => `${String.fromCharCode(...literal)}\n${slots[n] ?? ''}`).join('\n');
}

/** Each value there once, and one wire form only. */
function isComplete(slots: readonly SlotKind[]): boolean {
  const has = (slot: SlotKind): boolean => slots.includes(slot);
  const read = slots.filter((slot) => slot !== Slot.SkipText && slot !== Slot.SkipNumber);
  if (new Set(read).size !== read.length) return false;
  const dollars = has(Slot.Dollars) && has(Slot.Contracts) && !has(Slot.Cents) && !has(Slot.WholeContracts);
  const cents = has(Slot.Cents) && has(Slot.WholeContracts) && !has(Slot.Dollars) && !has(Slot.Contracts);
  return has(Slot.Sid) && has(Slot.Seq) && has(Slot.Ticker) && has(Slot.Leg) && (dollars || cents);
}
