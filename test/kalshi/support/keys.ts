import { constants, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Signer } from '../../../engine/kalshi/keys.ts';

export const KEY_ID = '0f4c2a6e-8d1b-4c3e-9a57-6b2d1e0f9c88';
export const ED25519 = generateKeyPairSync('ed25519');
export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const ed25519Signer = new Signer(KEY_ID, ED25519.privateKey);
export const rsaSigner = new Signer(KEY_ID, RSA.privateKey);

/** Check a signature as the exchange does. */
export function verifies(key: KeyObject, message: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  if (key.asymmetricKeyType === 'ed25519') return verify(null, Buffer.from(message), key, bytes);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify('sha256', Buffer.from(message), { key, padding, saltLength: 32 }, bytes);
}

/** Check a received request's three headers against the public key. */
export function authentic(key: KeyObject, method: string, path: string, headers: IncomingHttpHeaders): boolean {
  const timestamp = String(headers['kalshi-access-timestamp']);
  if (headers['kalshi-access-key'] !== KEY_ID || !/^\d{13}$/.test(timestamp)) return false;
  return verifies(key, timestamp + method + path, String(headers['kalshi-access-signature']));
}
