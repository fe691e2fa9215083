import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { KeyError, loadSigner } from '../../engine/kalshi/keys.ts';
import { ED25519, KEY_ID, RSA, verifies } from './support/keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'hundred-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(content: string, mode = 0o600): string {
  const path = join(folder, `key-${files++}.pem`);
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
}

function pem(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): string {
  return key.export({ type, format: 'pem' }).toString();
}

function refusal(path: string, code: string, keyId = KEY_ID): KeyError {
  let caught: unknown;
  try {
    loadSigner(keyId, path);
  } catch (error) {
    caught = error;
  }
  assert.ok(caught instanceof KeyError, `expected a KeyError, got ${String(caught)}`);
  assert.equal(caught.code, code);
  return caught;
}

test('RSA keys load from PKCS#8 and PKCS#1, Ed25519 from PKCS#8, and sign what the exchange verifies', () => {
  const cases = [
    { content: pem(RSA.privateKey), key: RSA.publicKey, algorithm: 'rsa-pss' },
    { content: pem(RSA.privateKey, 'pkcs1'), key: RSA.publicKey, algorithm: 'rsa-pss' },
    { content: pem(ED25519.privateKey), key: ED25519.publicKey, algorithm: 'ed25519' },
    { content: `some text before\n${pem(ED25519.privateKey)}`, key: ED25519.publicKey, algorithm: 'ed25519' },
  ];
  for (const { content, key, algorithm } of cases) {
    const { signer, warnings } = loadSigner(KEY_ID, file(content));
    assert.equal(signer.algorithm, algorithm);
    assert.deepEqual(warnings, []);
    const signature = signer.sign('GET', '/trade-api/v2/portfolio/balance', 1_790_000_000_123);
    assert.ok(verifies(key, '1790000000123GET/trade-api/v2/portfolio/balance', signature));
    assert.ok(!verifies(key, '1790000000124GET/trade-api/v2/portfolio/balance', signature));
  }
});

test('the query of a path is not signed', () => {
  const { signer } = loadSigner(KEY_ID, file(pem(ED25519.privateKey)));
  const signature = signer.sign('GET', '/trade-api/v2/portfolio/orders?status=resting&limit=5', 1);
  assert.ok(verifies(ED25519.publicKey, '1GET/trade-api/v2/portfolio/orders', signature));
});

test('each unusable key file is refused with its own code and a text that names the file', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const x25519 = generateKeyPairSync('x25519').privateKey;
  const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey;
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const lock = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  const oldLock = { type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  const whole = pem(RSA.privateKey);
  const cases: [string, string][] = [
    ['empty', ' \n'],
    ['too_large', 'x'.repeat(70_000)],
    ['not_pem', 'hello'],
    ['not_pem', '-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n'],
    ['public_key', RSA.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['public_key', RSA.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['certificate', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'],
    ['openssh', '-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n-----END OPENSSH PRIVATE KEY-----\n'],
    ['encrypted', ED25519.privateKey.export(lock).toString()],
    ['encrypted', RSA.privateKey.export(oldLock).toString()],
    ['wrong_type', pem(ec)],
    ['wrong_type', pem(ec, 'sec1')],
    ['wrong_type', pem(x25519)],
    ['wrong_type', pem(dsa)],
    ['too_short', pem(short)],
    ['damaged', whole.slice(0, whole.length >> 1)],
    ['damaged', `${whole.slice(0, 200)}\n-----END PRIVATE KEY-----\n`],
  ];
  for (const [code, content] of cases) {
    const path = file(content);
    const error = refusal(path, code);
    assert.ok(error.message.includes(path), `${code}: ${error.message}`);
    assert.ok(!error.message.includes(whole.slice(100, 140)), 'key material in the message');
  }
});

test('a missing file and a directory are told apart', () => {
  assert.match(refusal(join(folder, 'absent.pem'), 'missing').message, /absent\.pem does not exist/);
  assert.match(refusal(folder, 'directory').message, /is a directory/);
});

test('a private key pasted as the key id is refused and not echoed', () => {
  const path = file(pem(ED25519.privateKey));
  refusal(path, 'bad_key_id', '  ');
  const pasted = pem(ED25519.privateKey);
  const error = refusal(path, 'bad_key_id', pasted);
  assert.ok(!error.message.includes(pasted.split('\n')[1]!));
});

test('a key id that is no UUID is used with a warning', () => {
  const { warnings, signer } = loadSigner('paper-1', file(pem(ED25519.privateKey)));
  assert.equal(signer.keyId, 'paper-1');
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /paper-1 is not a UUID/);
});

test('a key file others can read is used with a warning that says how to close it', (t) => {
  if (process.platform === 'win32') return t.skip('no file modes');
  const path = file(pem(ED25519.privateKey), 0o644);
  assert.deepEqual(loadSigner(KEY_ID, path).warnings, [
    `key file ${path} can be read by others (mode 644): run chmod 600 ${path}`,
  ]);
});

test('a logged signer shows no key', () => {
  const { signer } = loadSigner(KEY_ID, file(pem(ED25519.privateKey)));
  const shown = inspect(signer, { depth: 9, showHidden: true }) + JSON.stringify(signer);
  assert.ok(shown.includes(KEY_ID));
  assert.ok(!/KeyObject|PRIVATE/.test(shown), shown);
});
