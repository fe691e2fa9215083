import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

/** First cells of a page's tables. */
function rows(page: string): string[] {
  const text = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', page), 'utf8');
  // Only tables whose head says so.
  const tables = text.split('\n\n').filter((block) => block.includes(' = test |'));
  const cells = tables.flatMap((table) => table.split('\n').flatMap((line) => /^\| (.+?) \|/.exec(line)?.[1] ?? []));
  return cells.filter((cell) => !cell.endsWith(' = test'));
}

/** Names of the tests in a folder, as patterns: a name made in a loop has `.*` where it varies. */
function names(folder: string): { readonly name: string; readonly pattern: RegExp }[] {
  const files = readdirSync(folder).filter((f) => f.endsWith('.test.ts') && f !== 'page.test.ts');
  return files.flatMap((file) => {
    const code = readFileSync(path.join(folder, file), 'utf8');
    return [...code.matchAll(/^ *(?:scenario|test)\(\s*(?:'(.+?)'|`(.+?)`),/gm)].map((m) => {
      const name = m[1] ?? m[2]!;
      const parts = name.split(/\$\{.+?\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return { name, pattern: new RegExp(`^${parts.join('.+')}$`) };
    });
  });
}

/** Every row of a page of docs/ is a test of the folder, by its first cell, and every test is a row. */
export function testsAreRows(page: string, folder: string, atLeast: number): void {
  test(`every row of docs/${page} is a test, and every test is a row`, () => {
    const [told, tests] = [rows(page), names(folder)];
    assert.ok(told.length > atLeast && tests.length > atLeast, `${told.length} rows, ${tests.length} tests`);
    assert.deepEqual(
      told.filter((row) => !tests.some(({ pattern }) => pattern.test(row))),
      [],
    );
    assert.deepEqual(
      tests.filter(({ pattern }) => !told.some((row) => pattern.test(row))).map(({ name }) => name),
      [],
    );
  });
}
