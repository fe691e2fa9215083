import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const HERE = import.meta.dirname;

/** First cells of the page's tables. */
function rows(): string[] {
  const page = readFileSync(path.join(HERE, '..', '..', 'docs', 'feed.md'), 'utf8');
  const cells = page.split('\n').flatMap((line) => /^\| (.+?) \|/.exec(line)?.[1] ?? []);
  return cells.filter((cell) => cell !== 'situation = test');
}

/** Names of the tests in this folder, as patterns: a name made in a loop has `.*` where it varies. */
function names(): { readonly name: string; readonly pattern: RegExp }[] {
  const files = readdirSync(HERE).filter((f) => f.endsWith('.test.ts') && f !== path.basename(import.meta.filename));
  return files.flatMap((file) => {
    const code = readFileSync(path.join(HERE, file), 'utf8');
    return [...code.matchAll(/^ *(?:scenario|test)\(\s*(?:'(.+?)'|`(.+?)`),/gm)].map((m) => {
      const name = m[1] ?? m[2]!;
      const parts = name.split(/\$\{.+?\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return { name, pattern: new RegExp(`^${parts.join('.+')}$`) };
    });
  });
}

test('every row of docs/feed.md is a test, and every test is a row', () => {
  const [told, tests] = [rows(), names()];
  assert.ok(told.length > 40 && tests.length > 35, `${told.length} rows, ${tests.length} tests`);
  assert.deepEqual(
    told.filter((row) => !tests.some(({ pattern }) => pattern.test(row))),
    [],
  );
  assert.deepEqual(
    tests.filter(({ pattern }) => !told.some((row) => pattern.test(row))).map(({ name }) => name),
    [],
  );
});
