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

/**
 * Signs requests as Kalshi wants them: timestamp + method + path, without query, host or body. RSA keys by RSA-PSS with
 * SHA-256 and a salt as long as the digest, Ed25519 keys plainly; the key itself says which.
 */
export class Signer {
  readonly keyId: string;
  readonly algorithm: 'rsa-pss' | 'ed25519';
  private readonly key: KeyObject;

  constructor(keyId: string, key: KeyObject) {
    this.keyId = keyId;
    this.key = key;
    this.algorithm = key.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'rsa-pss';
  }

  /** Base64 signature of a request. `path` is the full path from the root; a query is cut off. */
  sign(method: string, path: string, timestampMs: number): string {
    const cut = path.indexOf('?');
    const message = Buffer.from(`${timestampMs}${method}${cut < 0 ? path : path.slice(0, cut)}`);
    if (this.algorithm === 'ed25519') return sign(null, message, this.key).toString('base64');
    const options = { key: this.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    return sign('sha256', message, options).toString('base64');
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

const PRIVATE = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----/;

/** Load a private key. Warnings are complete sentences for a person. @throws KeyError */
export function loadSigner(
  keyId: string,
  path: string,
): { readonly signer: Signer; readonly warnings: readonly string[] } {
  if (!/^[\x21-\x7e]{1,128}$/.test(keyId)) {
    throw new KeyError(
      'bad_key_id',
      `API key id ${JSON.stringify(keyId)} is not a key id: copy it from the exchange's API key page`,
    );
  }
  const { text, warnings } = readKeyFile(path);
  const key = parseKey(text, path);
  checkType(key, path);
  return { signer: new Signer(keyId, key), warnings };
}

function readKeyFile(path: string): { text: string; warnings: string[] } {
  try {
    const { mode } = statSync(path);
    const text = readFileSync(path, 'utf8');
    const open = (mode & 0o077) !== 0;
    const octal = (mode & 0o777).toString(8);
    const warning = `key file ${path} can be read by others (mode ${octal}): run chmod 600 ${path}`;
    return { text, warnings: open ? [warning] : [] };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new KeyError('missing', `key file ${path} does not exist`);
    if (code === 'EISDIR') throw new KeyError('directory', `key file ${path} is a directory`);
    throw new KeyError('unreadable', `key file ${path} cannot be read (${code}): check its owner and mode`);
  }
}

function parseKey(text: string, path: string): KeyObject {
  if (text.trim() === '') throw new KeyError('empty', `key file ${path} is empty`);
  if (text.includes('BEGIN CERTIFICATE'))
    throw new KeyError('certificate', `key file ${path} holds a certificate: give the private key`);
  if (/BEGIN [A-Z ]*PUBLIC KEY/.test(text)) {
    throw new KeyError('public_key', `key file ${path} holds a public key: give the private key that belongs to it`);
  }
  const label = PRIVATE.exec(text);
  if (label === null)
    throw new KeyError('not_pem', `key file ${path} is not a PEM private key (no BEGIN ... PRIVATE KEY line)`);
  if (label[1] === 'ENCRYPTED ' || text.includes('ENCRYPTED')) {
    throw new KeyError(
      'encrypted',
      `key file ${path} is encrypted: decrypt it first (openssl pkey -in ${path} -out key.pem)`,
    );
  }
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
