import { isUtf8 } from 'node:buffer';
import { quote, type TimeUs, timeFromNsDigits, UnitError } from '../units/index.ts';
import { SourceFault } from './error.ts';
import { type Member, topMembers } from './members.ts';

/** One line of a capture or journal. */
export interface CaptureLine {
  /** 1-based line of the decompressed text. */
  readonly line: number;
  /** When the frame was received or the record happened; null where the recorder kept no time. */
  readonly recvTime: TimeUs | null;
  /** The exchange's frame, byte for byte; null for the journal's own records. */
  readonly frame: Uint8Array | null;
  /** The recorder knew this removal to be a trade. */
  readonly fill: boolean;
  /** The whole line, parsed, for `input`, `action` and `session` records; null for frames. */
  readonly record: unknown;
}

/** What a line may look like, for error texts. */
const EXPECTED = 'expected lines such as {"recv_ns":1776490453460692000,"frame":{...}} (see docs/formats.md)';
const RECORD_KEYS = ['input', 'action', 'session'] as const;
const FRAME_KEYS = ['frame', 'raw', 'raw64'] as const;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const INTEGER = /^(?:0|[1-9]\d*)$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const HEAD = ascii('{"recv_ns":');
const NULL = ascii('null');
const FILL = ascii(',"fill":true');
const FRAME = ascii(',"frame":');
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Understand one line. @throws SourceFault `bad_utf8` | `bad_json` | `not_capture` */
export function parseLine(bytes: Uint8Array, line: number): CaptureLine {
  return commonLine(bytes, line) ?? anyLine(bytes, line);
}

/** The form recorders write: head, frame, end. Null when it is not exactly that; nothing is concluded then. */
function commonLine(bytes: Uint8Array, line: number): CaptureLine | null {
  if (!standsAt(bytes, 0, HEAD)) return null;
  const from = HEAD.length;
  let at = from;
  while (bytes[at]! >= 48 && bytes[at]! <= 57) at++;
  let recvTime: TimeUs | null = null;
  if (at === from) {
    if (!standsAt(bytes, at, NULL)) return null;
    at += NULL.length;
  } else {
    // Shorter or longer numbers are for the careful path.
    if (at - from < 16 || at - from > 19 || bytes[from] === 48) return null;
    recvTime = microseconds(bytes, from, at - 3);
    if (recvTime > Number.MAX_SAFE_INTEGER) return null;
  }
  const fill = standsAt(bytes, at, FILL);
  if (fill) at += FILL.length;
  if (!standsAt(bytes, at, FRAME)) return null;
  at += FRAME.length;
  const end = bytes.length - 1;
  if (bytes[at] !== OPEN || bytes[end] !== CLOSE || bytes[end - 1] !== CLOSE) return null;
  const frame = bytes.subarray(at, end);
  // Whole and valid in itself: then so is the line around it, and nothing follows the frame.
  if (!isUtf8(frame)) return null;
  try {
    JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('utf8'));
  } catch {
    return null;
  }
  return { line, recvTime, frame, fill, record: null };
}

/** Unix microseconds from their digits, at most 16 of them; exact up to 2^53. */
function microseconds(bytes: Uint8Array, from: number, to: number): TimeUs {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i]! - 48);
  return value as TimeUs;
}

/** Any valid JSON with the right keys, in any order and with any spacing. Keys of other recorders are passed over. */
function anyLine(bytes: Uint8Array, line: number): CaptureLine {
  const value = parsed(bytes, line);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SourceFault('not_capture', `this is JSON but not a capture line: ${EXPECTED}`);
  }
  const object = value as Readonly<Record<string, unknown>>;
  const members = topMembers(bytes);
  const kinds = [...FRAME_KEYS, ...RECORD_KEYS].filter((key) => members.has(key));
  const kind = kinds[0];
  const isRecord = RECORD_KEYS.some((key) => key === kind);
  const clock = isRecord ? 'at_ns' : 'recv_ns';
  if (kind === undefined || kinds.length > 1 || !members.has(clock)) throw wrongShape(members);
  const recvTime = time(bytes, members.get(clock)!, clock);
  const body = object[kind];
  if (isRecord) {
    if (!isObject(body) || recvTime === null) throw wrongShape(members);
    return { line, recvTime, frame: null, fill: false, record: value };
  }
  const fill = object['fill'] ?? false;
  if (typeof fill !== 'boolean') throw new SourceFault('not_capture', `"fill" is not true or false: ${EXPECTED}`);
  return { line, recvTime, frame: frameBytes(bytes, kind, body, members), fill, record: null };
}

function parsed(bytes: Uint8Array, line: number): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new SourceFault('bad_utf8', 'the line is not UTF-8 text: the file is damaged or not a capture');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (line === 1 && !text.trimStart().startsWith('{')) {
      throw new SourceFault('not_capture', `this is not a capture, it starts with ${quote(text)}: ${EXPECTED}`);
    }
    throw new SourceFault('bad_json', `the line is not valid JSON (${jsonReason(error)}): the file is damaged`);
  }
}

/** The parser's reason without the excerpt it appends, which can be long and unprintable. */
function jsonReason(error: unknown): string {
  const message = (error as Error).message;
  return message.replace(/, ?(?:\.\.\.)?".*$/s, '').replaceAll(/[^\x20-\x7e]/g, '?');
}

function frameBytes(bytes: Uint8Array, kind: string, body: unknown, members: ReadonlyMap<string, Member>): Uint8Array {
  if (kind === 'frame') {
    if (!isObject(body)) throw new SourceFault('not_capture', `"frame" is not an object: ${EXPECTED}`);
    const { start, end } = members.get('frame')!;
    return bytes.subarray(start, end);
  }
  if (typeof body !== 'string') throw new SourceFault('not_capture', `"${kind}" is not a string: ${EXPECTED}`);
  if (kind === 'raw') {
    if (!body.isWellFormed()) throw new SourceFault('not_capture', `"raw" is not Unicode text: ${EXPECTED}`);
    return Buffer.from(body, 'utf8');
  }
  if (!BASE64.test(body)) throw new SourceFault('not_capture', `"raw64" is not base64: ${EXPECTED}`);
  return Buffer.from(body, 'base64');
}

/** Through the digits, never through a double: Unix nanoseconds are beyond 2^53. */
function time(bytes: Uint8Array, member: Member, key: string): TimeUs | null {
  const digits = utf8.decode(bytes.subarray(member.start, member.end));
  if (digits === 'null') return null;
  try {
    if (!INTEGER.test(digits)) throw new UnitError('bad_time', 'not an integer');
    return timeFromNsDigits(digits.padStart(4, '0'));
  } catch (error) {
    if (!(error instanceof UnitError)) throw error;
    throw new SourceFault('not_capture', `"${key}" is ${quote(digits)}, expected Unix nanoseconds`);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongShape(members: ReadonlyMap<string, Member>): SourceFault {
  const keys = [...members.keys()];
  const listed = keys.slice(0, 8).map(quote).join(', ');
  const seen = keys.length === 0 ? 'no keys' : `the keys ${listed}${keys.length > 8 ? ' and more' : ''}`;
  return new SourceFault('not_capture', `this is JSON with ${seen}, not a capture line: ${EXPECTED}`);
}

function standsAt(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}
