import { validateHeaderValue } from 'node:http';
import type { RequestSigner, SignedHeaders } from './keys.ts';

/** Distinct paths whose heads are kept; beyond it they are made anew. */
const MAX_KEPT = 128;
/** Room for a content length, right-aligned: white space before a value is part of HTTP. */
const LENGTH_CHARS = 9;
const MAX_BODY_BYTES = 10 ** LENGTH_CHARS - 1;
/** Everything in a head but path and query, generously. */
const HEAD_BYTES = 4096;
const ZERO = 48;
/** What HTTP lets a request target consist of, without the fragment. */
const TARGET = /^\/[!$&'()*+,\-./0-9:;=?@A-Z_a-z~%]*$/;

/** The head of all requests of one method on one path, with holes for time, signature and length. */
interface Head {
  readonly bytes: Buffer;
  readonly timestampAt: number;
  readonly timestampChars: number;
  readonly signatureAt: number;
  readonly signatureChars: number;
  /** The last byte of the content length. */
  readonly lengthEnd: number;
}

/** Prebuilt request heads of one host: sending a request on a path known already patches three fields of a copy. */
export class RequestHeads {
  private readonly host: string;
  private readonly signer: RequestSigner;
  /** By method, then by path: without and with a body. */
  private readonly bare = new Map<string, Map<string, Head>>();
  private readonly loaded = new Map<string, Map<string, Head>>();
  private count = 0;

  /** @param host as the Host header names it */
  constructor(host: string, signer: RequestSigner) {
    this.host = host;
    this.signer = signer;
  }

  /** Bytes a buffer must have for the head and the body of a request. @throws Error for a body too large for a head */
  room(path: string, query: string, bodyBytes: number): number {
    if (bodyBytes > MAX_BODY_BYTES) throw new Error(`a request body of ${bodyBytes} bytes is not sent`);
    return HEAD_BYTES + path.length + query.length + bodyBytes;
  }

  /**
   * Write the signed head of a request into `out`, from its start.
   * @param out a buffer with the room that `room` tells
   * @param bodyBytes length of the body, 0 for none
   * @returns where the body goes
   * @throws Error when the request cannot be signed, or path or headers are nothing HTTP can carry
   */
  write(out: Buffer, method: string, path: string, query: string, bodyBytes: number, nowMs: number): number {
    const { signer } = this;
    const known = query === '' ? this.keptFor(bodyBytes).get(method)?.get(path) : undefined;
    if (known === undefined)
      return this.writeNew(out, method, path, query, bodyBytes, signer.headers(method, path, nowMs));
    out.set(known.bytes, 0);
    if (signer.copyPrepared?.(method, path, nowMs, out, known.timestampAt, known.signatureAt) !== true) {
      const signed = signer.headers(method, path, nowMs);
      const { 'KALSHI-ACCESS-TIMESTAMP': timestamp, 'KALSHI-ACCESS-SIGNATURE': signature } = signed;
      if (timestamp.length !== known.timestampChars || signature.length !== known.signatureChars)
        return this.writeNew(out, method, path, query, bodyBytes, signed);
      out.write(timestamp, known.timestampAt, timestamp.length, 'latin1');
      out.write(signature, known.signatureAt, signature.length, 'latin1');
    }
    writeLength(out, known.lengthEnd, bodyBytes);
    return known.bytes.length;
  }

  private writeNew(
    out: Buffer,
    method: string,
    path: string,
    query: string,
    bodyBytes: number,
    signed: SignedHeaders,
  ): number {
    const head = buildHead(this.host, method, path, query, bodyBytes > 0, signed);
    if (query === '') this.keep(this.keptFor(bodyBytes), method, path, head);
    if (head.bytes.length + bodyBytes > out.length) throw new Error('the headers of a request are too large');
    out.set(head.bytes, 0);
    writeLength(out, head.lengthEnd, bodyBytes);
    return head.bytes.length;
  }

  /** Paths with a query are reads, and seldom the same twice: they are not kept. */
  private keep(kept: Map<string, Map<string, Head>>, method: string, path: string, head: Head): void {
    if (this.count++ >= MAX_KEPT) {
      this.bare.clear();
      this.loaded.clear();
      this.count = 1;
    }
    let paths = kept.get(method);
    if (paths === undefined) {
      paths = new Map();
      kept.set(method, paths);
    }
    paths.set(path, head);
  }

  private keptFor(bodyBytes: number): Map<string, Map<string, Head>> {
    return bodyBytes > 0 ? this.loaded : this.bare;
  }
}

function writeLength(out: Buffer, end: number, length: number): void {
  let rest = length;
  for (let at = end; rest > 0; at--) {
    const tenth = Math.floor(rest / 10);
    out[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
}

function buildHead(
  host: string,
  method: string,
  path: string,
  query: string,
  hasBody: boolean,
  signed: SignedHeaders,
): Head {
  const target = query === '' ? path : `${path}?${query}`;
  if (!TARGET.test(target)) throw new Error(`${JSON.stringify(target.slice(0, 80))} is no request target`);
  for (const [name, value] of Object.entries(signed)) validateHeaderValue(name, String(value));
  const timestamp = signed['KALSHI-ACCESS-TIMESTAMP'];
  const signature = signed['KALSHI-ACCESS-SIGNATURE'];
  const upToTimestamp = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\nuser-agent: hundred\r\nKALSHI-ACCESS-KEY: ${signed['KALSHI-ACCESS-KEY']}\r\nKALSHI-ACCESS-TIMESTAMP: `;
  const upToSignature = `${upToTimestamp}${timestamp}\r\nKALSHI-ACCESS-SIGNATURE: `;
  const type = hasBody ? '\r\ncontent-type: application/json' : '';
  // A body is what these methods mean: its absence is stated.
  const states = hasBody || method === 'POST' || method === 'PUT';
  const length = states ? `\r\ncontent-length: ${(hasBody ? '' : '0').padStart(LENGTH_CHARS)}` : '';
  const upToEnd = `${upToSignature}${signature}${type}${length}`;
  return {
    bytes: Buffer.from(`${upToEnd}\r\n\r\n`, 'latin1'),
    timestampAt: upToTimestamp.length,
    timestampChars: timestamp.length,
    signatureAt: upToSignature.length,
    signatureChars: signature.length,
    lengthEnd: upToEnd.length - 1,
  };
}
