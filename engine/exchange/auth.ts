import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { Refusal } from './order.ts';

/** The three headers of a signed request. */
export interface AuthHeaders {
  readonly keyId: string;
  readonly timestamp: string;
  readonly signature: string;
}

/** Registered API keys and the check of a request's signature. */
export class KeyRing {
  private readonly keys = new Map<string, { readonly userId: string; readonly key: KeyObject }>();
  private readonly toleranceMs: number;

  constructor(toleranceMs: number) {
    this.toleranceMs = toleranceMs;
  }

  /** Register a public key. @throws Error for a PEM that is no RSA or Ed25519 public key */
  register(keyId: string, userId: string, publicPem: string): void {
    const key = createPublicKey(publicPem);
    if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ed25519') {
      throw new Error(`key ${keyId} is ${key.asymmetricKeyType}, expected an RSA or Ed25519 public key`);
    }
    this.keys.set(keyId, { userId, key });
  }

  ids(): string[] {
    return [...this.keys.keys()];
  }

  /** The user a request comes from. `path` is the full path without the query. @throws Refusal 401 */
  authenticate(headers: AuthHeaders, method: string, path: string, nowMs: number): string {
    if (headers.signature === '' || headers.timestamp === '' || headers.keyId === '') {
      throw new Refusal(401, 'signature_is_missing_from_headers');
    }
    const entry = this.keys.get(headers.keyId);
    if (entry === undefined) throw new Refusal(401, 'authentication_error', 'authentication_error', 'NOT_FOUND');
    const sentMs = /^\d{13}$/.test(headers.timestamp) ? Number(headers.timestamp) : 0;
    if (Math.abs(nowMs - sentMs) > this.toleranceMs) throw new Refusal(401, 'header_timestamp_expired');
    const message = Buffer.from(`${headers.timestamp}${method}${path}`);
    const signature = Buffer.from(headers.signature, 'base64');
    const good =
      entry.key.asymmetricKeyType === 'ed25519'
        ? verify(null, message, entry.key, signature)
        : verify(
            'sha256',
            message,
            { key: entry.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
            signature,
          );
    if (good) return entry.userId;
    throw new Refusal(401, 'authentication_error', 'authentication_error', 'INCORRECT_API_KEY_SIGNATURE');
  }
}
