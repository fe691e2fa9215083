import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { Refusal } from './order.ts';

/** The three headers of a signed request. */
export interface AuthHeaders {
  readonly keyId: string;
  readonly timestamp: string;
  readonly signature: string;
}

/** A registered API key and what it may do. */
export interface ApiKey {
  readonly keyId: string;
  readonly userId: string;
  readonly name: string;
  /** As in the API: `read`, `write`, or one of their parts such as `write::trade`. */
  readonly scopes: readonly string[];
  /** The only subaccount it may name; null for all. */
  readonly subaccount: number | null;
  readonly publicKey: KeyObject;
}

/** What a key is registered with besides its public half; by default everything is allowed. */
export type KeyRights = Partial<Pick<ApiKey, 'name' | 'scopes' | 'subaccount'>>;

/** Registered API keys and the check of a request's signature. */
export class KeyRing {
  private readonly keys = new Map<string, ApiKey>();
  private readonly toleranceMs: number;

  constructor(toleranceMs: number) {
    this.toleranceMs = toleranceMs;
  }

  /** Register a public key. @throws Error for a PEM that is no RSA or Ed25519 public key */
  register(keyId: string, userId: string, publicPem: string, rights: KeyRights = {}): void {
    const publicKey = createPublicKey(publicPem);
    if (publicKey.asymmetricKeyType !== 'rsa' && publicKey.asymmetricKeyType !== 'ed25519') {
      throw new Error(`key ${keyId} is ${publicKey.asymmetricKeyType}, expected an RSA or Ed25519 public key`);
    }
    const everything = { name: keyId, scopes: ['read', 'write'], subaccount: null };
    this.keys.set(keyId, { ...everything, ...rights, keyId, userId, publicKey });
  }

  ids(): string[] {
    return [...this.keys.keys()];
  }

  /** Keys of one user, oldest first. */
  of(userId: string): ApiKey[] {
    return [...this.keys.values()].filter((key) => key.userId === userId);
  }

  /** Forget a key of a user; false where the user has no such key. */
  revoke(keyId: string, userId: string): boolean {
    return this.keys.get(keyId)?.userId === userId && this.keys.delete(keyId);
  }

  /** The key a request is signed with. `path` is the full path without the query. @throws Refusal 401 */
  authenticate(headers: AuthHeaders, method: string, path: string, nowMs: number): ApiKey {
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
      entry.publicKey.asymmetricKeyType === 'ed25519'
        ? verify(null, message, entry.publicKey, signature)
        : verify(
            'sha256',
            message,
            { key: entry.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
            signature,
          );
    if (good) return entry;
    throw new Refusal(401, 'authentication_error', 'authentication_error', 'INCORRECT_API_KEY_SIGNATURE');
  }
}
