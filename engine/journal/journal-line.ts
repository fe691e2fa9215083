import { RecordKind, type RecordKindCode } from './record.ts';

const NAMES = { [RecordKind.Input]: 'input', [RecordKind.Action]: 'action', [RecordKind.Session]: 'session' } as const;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A record as one line of a journal, line end included. A frame that is a JSON object goes in as it came, but for white
 * space at its end; anything else a socket can deliver is kept as `raw` text or, where it is not even text, `raw64`.
 */
export function journalLine(kind: RecordKindCode, timeUs: number, body: Uint8Array): string {
  const ns = timeUs === 0 ? '0' : `${timeUs}000`;
  const text = textOf(body);
  if (kind === RecordKind.Frame) return frameLine(ns, body, text);
  if (text !== null && isObject(text)) {
    // The caller's JSON may be spread over lines; a journal line may not.
    const flat = text.includes('\n') || text.includes('\r') ? JSON.stringify(JSON.parse(text)) : text;
    return `{"at_ns":${ns},"${NAMES[kind]}":${flat}}\n`;
  }
  return `{"at_ns":${ns},"${NAMES[kind]}":${JSON.stringify({ unreadable: body.toString() })}}\n`;
}

function frameLine(ns: string, body: Uint8Array, text: string | null): string {
  if (text === null) return raw64Line(ns, body);
  const frame = text.replace(/[ \t\r\n]+$/, '');
  if (frame.startsWith('{') && !frame.includes('\n') && isObject(frame)) return `{"recv_ns":${ns},"frame":${frame}}\n`;
  const raw = JSON.stringify(text);
  // Mostly control characters: as escapes it would be longer than as base64.
  if (raw.length > 2 * body.length + 64) return raw64Line(ns, body);
  return `{"recv_ns":${ns},"raw":${raw}}\n`;
}

function raw64Line(ns: string, body: Uint8Array): string {
  return `{"recv_ns":${ns},"raw64":"${Buffer.from(body).toString('base64')}"}\n`;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
