import { generateKeyPairSync } from 'node:crypto';
import type { KeyRing } from './auth.ts';
import { TIERS } from './buckets.ts';
import { type ApiAnswer, type ApiCall, invalidParameters, ok } from './call.ts';
import { intField, objectOf, stringField } from './fields.ts';
import { Refusal } from './order.ts';
import { SCOPES } from './scopes.ts';

type Json = Readonly<Record<string, unknown>>;

const MOST_SUBACCOUNT = 63;

/** The calls about API keys. Keys made here live as long as the process. */
export class KeyApi {
  private readonly keys: KeyRing;
  private readonly newId: () => string;
  private readonly tierOf: (userId: string) => string;

  constructor(keys: KeyRing, newId: () => string, tierOf: (userId: string) => string) {
    this.keys = keys;
    this.newId = newId;
    this.tierOf = tierOf;
  }

  /** Answer a call below `/api_keys`, or null for a path there is not. @throws Refusal */
  answer(call: ApiCall): ApiAnswer | null {
    const { method, path, userId } = call;
    if (path.length === 1 && method === 'GET') return ok({ api_keys: this.keys.of(userId).map(keyBody) });
    if (path.length === 1 && method === 'POST') return this.create(call);
    if (path.length !== 2) return null;
    if (method === 'POST') return path[1] === 'generate' ? this.generate(call) : null;
    if (method !== 'DELETE') return null;
    if (!this.keys.revoke(path[1]!, userId)) throw new Refusal(404, 'not_found');
    return { status: 204, body: undefined };
  }

  /** A key whose private half the client has made: for Premier accounts and above. */
  private create(call: ApiCall): ApiAnswer {
    const levels = Object.keys(TIERS);
    if (levels.indexOf(this.tierOf(call.userId)) < levels.indexOf('premier'))
      throw new Refusal(403, 'forbidden', 'registering a public key needs the premier usage tier: use generate');
    const model = 'CreateApiKeyRequest';
    const o = objectOf(call.body, model);
    const pem = stringField(o, 'public_key', model);
    const keyId = this.newId();
    try {
      this.keys.register(keyId, call.userId, pem, rightsOf(o, model));
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw invalidParameters('public_key must be an RSA or Ed25519 public key in PEM form');
    }
    return { status: 201, body: { api_key_id: keyId } };
  }

  private generate(call: ApiCall): ApiAnswer {
    const model = 'GenerateApiKeyRequest';
    const o = objectOf(call.body, model);
    const rights = rightsOf(o, model);
    const type = stringField(o, 'key_type', model) || 'rsa';
    if (type !== 'rsa' && type !== 'ed25519') throw invalidParameters('key_type must be one of rsa, ed25519');
    const spki = { type: 'spki', format: 'pem' } as const;
    const { publicKey, privateKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', {
            modulusLength: 2048,
            publicKeyEncoding: spki,
            privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
          })
        : generateKeyPairSync('ed25519', {
            publicKeyEncoding: spki,
            privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
          });
    const keyId = this.newId();
    this.keys.register(keyId, call.userId, publicKey, rights);
    return { status: 201, body: { api_key_id: keyId, private_key: privateKey } };
  }
}

function keyBody(key: ReturnType<KeyRing['of']>[number]): Json {
  const { keyId, name, scopes, subaccount } = key;
  return { api_key_id: keyId, name, scopes, ...(subaccount === null ? {} : { subaccount }) };
}

/** Name, scopes and lock of a key to be made. @throws Refusal */
function rightsOf(o: Json, model: string): { name: string; scopes: readonly string[]; subaccount: number | null } {
  const name = stringField(o, 'name', model);
  if (name === '') throw invalidParameters('name is required');
  const scopes = o['scopes'] ?? ['read', 'write'];
  if (!Array.isArray(scopes) || scopes.length === 0 || !scopes.every((s) => (SCOPES as readonly unknown[]).includes(s)))
    throw invalidParameters(`scopes must be some of ${SCOPES.join(', ')}`);
  if (scopes.includes('write') && !scopes.includes('read')) throw invalidParameters('write needs read too');
  const subaccount = intField(o, 'subaccount', model);
  if (subaccount !== null && (subaccount < 0 || subaccount > MOST_SUBACCOUNT))
    throw invalidParameters(`subaccount must be 0 to ${MOST_SUBACCOUNT}`);
  return { name, scopes: scopes as string[], subaccount };
}
