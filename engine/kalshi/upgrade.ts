import { createHash } from 'node:crypto';
import { validateHeaderName, validateHeaderValue } from 'node:http';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What the server must answer a handshake key with. */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/** The upgrade request as it goes over the wire. @throws Error for headers HTTP cannot carry */
export function upgradeRequest(url: URL, key: string, headers: Readonly<Record<string, string>>): string {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
  ];
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: .*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/** Status and headers of a response. */
export class ResponseHead {
  readonly status: number;
  private readonly fields = new Map<string, string>();

  /** @param text without the empty line at its end @throws Error where it is no HTTP/1.1 response head */
  constructor(text: string) {
    const [first = '', ...lines] = text.split('\r\n');
    const match = STATUS_LINE.exec(first);
    if (match === null) throw new Error(`not an HTTP response: ${JSON.stringify(first.slice(0, 40))}`);
    this.status = Number(match[1]);
    for (const line of lines) {
      const field = HEADER_LINE.exec(line);
      if (field === null) throw new Error(`not an HTTP header: ${JSON.stringify(line.slice(0, 40))}`);
      const name = field[1]!.toLowerCase();
      const before = this.fields.get(name);
      this.fields.set(name, before === undefined ? field[2]! : `${before}, ${field[2]}`);
    }
  }

  /** A header's value, several joined by commas; '' where there is none. Names in lower case. */
  field(name: string): string {
    return this.fields.get(name) ?? '';
  }

  /** Whether a list header names a token, in any case. */
  lists(name: string, token: string): boolean {
    return this.field(name)
      .split(',')
      .some((item) => item.trim().toLowerCase() === token);
  }

  /** What is wrong with this as the acceptance (101) of a handshake, or ''. */
  objection(key: string): string {
    if (!this.lists('connection', 'upgrade')) return 'upgrade accepted without "Connection: Upgrade"';
    if (this.field('upgrade').toLowerCase() !== 'websocket')
      return 'upgrade accepted to something else than a WebSocket';
    if (this.field('sec-websocket-accept') !== acceptOf(key))
      return 'upgrade accepted with a wrong Sec-WebSocket-Accept';
    if (this.field('sec-websocket-protocol') !== '') return 'upgrade accepted with a subprotocol nobody asked for';
    if (this.field('sec-websocket-extensions') !== '') return 'upgrade accepted with an extension nobody offered';
    return '';
  }
}
