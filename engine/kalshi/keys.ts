import { constants, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

/** A key that cannot be used. The message names the file, what is wrong and what to do; never key material. */
export class KeyError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'KeyError';
    this.code = code;
  }
}

/** The headers of a signed request. */
export interface SignedHeaders {
  readonly 'KALSHI-ACCESS-KEY': string;
  readonly 'KALSHI-ACCESS-TIMESTAMP': string;
  readonly 'KALSHI-ACCESS-SIGNATURE': string;
}

/** Whoever can sign a request. One that prepares signatures ahead puts the time each was made for into the headers. */
export interface RequestSigner {
  /**
   * @param method upper case
   * @param path full path from the root; a query is not signed
   * @param timestampMs epoch milliseconds, now
   */
  headers(method: string, path: string, timestampMs: number): SignedHeaders;
  /**
   * The quick way: copy time and signature, as text of their usual lengths, to where they belong in a request's head.
   * False where nothing is prepared; then `headers` must be asked.
   */
  copyPrepared?(
    method: string,
    path: string,
    timestampMs: number,
    into: Uint8Array,
    timestampAt: number,
    signatureAt: number,
  ): boolean;
  /** Told of every response: it says something of the exchange's clock. */
  answered?(answer: SignedAnswer): void;
}

/** A response to a signed request, and when the request left and the response was there by the machine's clock. */
export interface SignedAnswer {
  readonly status: number;
  readonly body: string;
  /** The Date header, '' where there was none. */
  readonly date: string;
  readonly sentMs: number;
  readonly receivedMs: number;
}

/**
 * Signs requests as Kalshi wants them: timestamp + method + path, without query, host or body. RSA keys by RSA-PSS with
 * SHA-256 and a salt as long as the digest, Ed25519 keys plainly; the key itself says which.
 */
export class Signer implements RequestSigner {
  readonly keyId: string;
  readonly algorithm: 'rsa-pss' | 'ed25519';
  // Not an ordinary field: printing a signer must not lead to the key.
  readonly #key: KeyObject;

  constructor(keyId: string, key: KeyObject) {
    this.keyId = keyId;
    this.#key = key;
    this.algorithm = key.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'rsa-pss';
  }

  /** Base64 signature of a request. `path` is the full path from the root; a query is cut off. */
  sign(method: string, path: string, timestampMs: number): string {
    const cut = path.indexOf('?');
    const message = Buffer.from(`${timestampMs}${method}${cut < 0 ? path : path.slice(0, cut)}`);
    if (this.algorithm === 'ed25519') return sign(null, message, this.#key).toString('base64');
    const options = { key: this.#key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    return sign('sha256', message, options).toString('base64');
  }

  /** Hand the key on, to a thread that signs too. */
  withKey<T>(take: (keyId: string, key: KeyObject) => T): T {
    return take(this.keyId, this.#key);
  }

  /** The three headers of a request made at this moment. */
  headers(method: string, path: string, timestampMs: number): SignedHeaders {
    return {
      'KALSHI-ACCESS-KEY': this.keyId,
      'KALSHI-ACCESS-TIMESTAMP': String(timestampMs),
      'KALSHI-ACCESS-SIGNATURE': this.sign(method, path, timestampMs),
    };
  }
}

const MAX_FILE_BYTES = 65_536;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const KEY_ID = /^[A-Za-z0-9_-]{1,128}$/;
const PEM_LABEL = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/** Load a private key. Warnings are complete sentences for a person. @throws KeyError */
export function loadSigner(
  keyId: string,
  path: string,
): { readonly signer: Signer; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  checkKeyId(keyId, warnings);
  const key = parseKey(readKeyFile(path, warnings), path);
  checkType(key, path);
  return { signer: new Signer(keyId, key), warnings };
}

function checkKeyId(keyId: string, warnings: string[]): void {
  if (!KEY_ID.test(keyId)) {
    // Not repeated in the text: people paste the private key here by mistake.
    const what = keyId.trim() === '' ? 'no API key id given' : `what was given as the API key id is not one`;
    throw new KeyError('bad_key_id', `${what}: copy the id (a UUID) from the exchange's API key page`);
  }
  if (!UUID.test(keyId)) warnings.push(`API key id ${keyId} is not a UUID, as Kalshi's are`);
}

function readKeyFile(path: string, warnings: string[]): string {
  let text: string;
  let mode: number;
  let size: number;
  try {
    ({ mode, size } = statSync(path));
    text = size > MAX_FILE_BYTES ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new KeyError('missing', `key file ${path} does not exist: check the path`);
    if (code === 'EISDIR') throw new KeyError('directory', `key file ${path} is a directory: give the file in it`);
    throw new KeyError('unreadable', `key file ${path} cannot be read (${code}): check its owner and mode`);
  }
  if (size > MAX_FILE_BYTES) {
    throw new KeyError('too_large', `key file ${path} has ${size} bytes: no private key is that large`);
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8);
    warnings.push(`key file ${path} can be read by others (mode ${octal}): run chmod 600 ${path}`);
  }
  return text;
}

/** Say what the file holds instead of a plain private key. @throws KeyError */
function refuseByLabel(text: string, path: string): void {
  if (text.trim() === '') throw new KeyError('empty', `key file ${path} is empty: copy or generate the key again`);
  const labels = [...text.matchAll(PEM_LABEL)].map((match) => match[1]!);
  if (labels.includes('ENCRYPTED PRIVATE KEY') || /^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw new KeyError(
      'encrypted',
      `key file ${path} is encrypted: decrypt it first (openssl pkey -in ${path} -out key.pem)`,
    );
  }
  if (labels.includes('OPENSSH PRIVATE KEY')) {
    throw new KeyError(
      'openssh',
      `key file ${path} holds an OpenSSH key: make one with openssl genpkey -algorithm ed25519 -out key.pem`,
    );
  }
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) return;
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) {
    throw new KeyError('public_key', `key file ${path} holds a public key: give the private key that belongs to it`);
  }
  if (labels.some((label) => label.endsWith('CERTIFICATE'))) {
    throw new KeyError('certificate', `key file ${path} holds a certificate: give the private key`);
  }
  throw new KeyError('not_pem', `key file ${path} is not a PEM private key (no BEGIN ... PRIVATE KEY line)`);
}

function parseKey(text: string, path: string): KeyObject {
  refuseByLabel(text, path);
  try {
    return createPrivateKey(text);
  } catch {
    throw new KeyError('damaged', `key file ${path} looks like a private key but cannot be parsed: is it complete?`);
  }
}

function checkType(key: KeyObject, path: string): void {
  const type = key.asymmetricKeyType ?? 'unknown';
  if (type === 'ed25519') return;
  if (type !== 'rsa')
    throw new KeyError(
      'wrong_type',
      `key file ${path} holds a key of type ${type}: the exchange takes RSA and Ed25519 keys`,
    );
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 2048)
    throw new KeyError('too_short', `key file ${path} holds an RSA key of ${bits} bits: at least 2048 are needed`);
}
