import assert from 'node:assert/strict';
import test from 'node:test';
import { describeFailure, readFailure } from '../../engine/wire/index.ts';

function codeAndText(status: number, body: unknown): readonly string[] {
  const f = readFailure(status, typeof body === 'string' ? body : JSON.stringify(body));
  assert.equal(f.status, status);
  return [f.code, f.message, f.details];
}

test('the nested form, with and without details and service', () => {
  const error = { code: 'authentication_error', message: 'authentication_error', details: 'NOT_FOUND' };
  assert.deepEqual(codeAndText(401, { error }), ['authentication_error', 'authentication_error', 'NOT_FOUND']);
  const older = { error: { code: 'not_found', message: 'not found', service: 'exchange' } };
  assert.deepEqual(codeAndText(404, older), ['not_found', 'not found', '']);
});

test('the flat form of bodies that do not decode', () => {
  const body = { code: 'bad_request', message: 'bad request', details: 'json: cannot unmarshal' };
  assert.deepEqual(codeAndText(400, body), ['bad_request', 'bad request', 'json: cannot unmarshal']);
});

test('query validation', () => {
  assert.deepEqual(codeAndText(400, { msg: 'Parameter validation failed' }), [
    'bad_request',
    'Parameter validation failed',
    '',
  ]);
});

test('a rate limit has one code in all three forms: as text, nested, and as a body that is no JSON', () => {
  assert.equal(codeAndText(429, { error: 'too many requests' })[0], 'too_many_requests');
  assert.equal(
    codeAndText(429, { error: { code: 'too_many_requests', message: 'too many requests' } })[0],
    'too_many_requests',
  );
  assert.equal(codeAndText(429, 'slow down')[0], 'too_many_requests');
  assert.equal(codeAndText(429, '')[0], 'too_many_requests');
});

test('an unknown route answers in plain text', () => {
  assert.equal(codeAndText(404, '404 page not found\n')[0], 'no_such_route');
});

test('anything else keeps a readable start and never throws', () => {
  for (const body of [
    '',
    '<html>',
    'null',
    '7',
    '[]',
    '{}',
    '{"error":null}',
    '{"error":7}',
    '{"code":7}',
    '{"error":{}}',
    '\u0000',
  ]) {
    const f = readFailure(502, body);
    assert.match(f.code, /^(not_json|http_502)$/, body);
    assert.ok(describeFailure(f).startsWith('HTTP 502 '));
  }
  assert.ok(readFailure(500, 'x'.repeat(100_000)).message.length < 100);
});
