import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { read, trackedFiles } from './files.ts';
import { tokenize } from './tokens.ts';

const MOST_LINES = 400;
const tracked = trackedFiles();
const sources = tracked.filter((file) => /\.(ts|mjs)$/.test(file));

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as Lock;

/** What is wrong with a source file's habits, one line each. */
function habits(file: string, text: string): string[] {
  const { tokens, comments } = tokenize(text);
  const found: string[] = [];
  for (const { text: comment, line } of comments) {
    if (/@ts-(ignore|nocheck)|\b(TODO|FIXME|XXX)\b/.test(comment)) found.push(`${file}:${line}: ${comment.trim()}`);
  }
  tokens.forEach((token, i) => {
    const next = tokens[i + 1]?.text;
    if (token.text === 'as' && next === 'any') found.push(`${file}:${token.line}: as any`);
    if (token.text === '.' && next === 'only' && tokens[i + 2]?.text === '(')
      found.push(`${file}:${token.line}: .only(`);
  });
  return found;
}

/** Paths of one person's machine. */
function machinePaths(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, i) => {
    return /(^|[^\w.*/-])\/(work|root|home|Users)\/\w/.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [];
  });
}

/** Packages the lock file needs and does not have, which makes `npm ci` refuse it. */
function lockGaps(packages: Readonly<Record<string, LockEntry>>): string[] {
  const gaps: string[] = [];
  for (const [where, entry] of Object.entries(packages)) {
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      let folder = where;
      while (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] === undefined) {
        if (folder === '') {
          gaps.push(`${where || 'the project'} needs ${name}`);
          break;
        }
        folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
      }
    }
  }
  return gaps;
}

describe('source files', () => {
  test('none in the house is longer than a person reads in one go', () => {
    const long = sources
      .filter((file) => /^(engine|strategies)\//.test(file))
      .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
      .filter(({ lines }) => lines > MOST_LINES);
    assert.deepEqual(long, []);
  });

  test('none silences the compiler, leaves work for later or runs one test only', () => {
    assert.ok(sources.length > 40);
    assert.deepEqual(
      sources.flatMap((file) => habits(file, read(file))),
      [],
    );
  });

  test('the habits are really seen', () => {
    const bad = ['x as any;', '// @ts-ignore', '/* TO' + 'DO later */', "test.only('x', f);", '// FIX' + 'ME'];
    for (const code of bad) assert.equal(habits('a.ts', code).length, 1, code);
    assert.deepEqual(habits('a.ts', "const s = 'x as any // TODO .only('; a.only = 1;"), []);
  });

  test('no tracked file names a path of one machine', () => {
    const texts = tracked.filter((file) => /\.(ts|mjs|json|md|ya?ml|sh)$|(^|\/)(run|Dockerfile|\.\w+)$/.test(file));
    assert.deepEqual(
      texts.flatMap((file) => machinePaths(file, read(file))),
      [],
    );
    assert.equal(machinePaths('a', `cd ${'/'}root/x`).length, 1);
    assert.equal(machinePaths('a', `'${'/'}home/me/key.pem'`).length, 1);
    assert.deepEqual(machinePaths('a', 'https://example.org/work/x ./home/x'), []);
  });
});

describe('dependencies', () => {
  test('every version is exact: an update is a commit, never a surprise', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.match(version, /^(npm:(@[\w-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/, name);
      assert.equal(lock.packages[`node_modules/${name}`]?.version, version.replace(/^npm:.*@/, ''), name);
    }
  });

  test('the lock file names no registry host and pins every package by its hash', () => {
    for (const [where, entry] of Object.entries(lock.packages)) {
      assert.equal(entry.resolved, undefined, where);
      if (where !== '') assert.match(entry.integrity ?? '', /^sha512-/, where);
    }
  });

  test('a fresh clone can install: the lock file has an entry for everything it needs, other systems included', () => {
    assert.deepEqual(lockGaps(lock.packages), []);
  });

  test('a gap in the lock file is really seen', () => {
    const whole = { '': { dependencies: { a: '1' } }, 'node_modules/a': { optionalDependencies: { b: '1' } } };
    assert.deepEqual(lockGaps(whole), ['node_modules/a needs b']);
    assert.deepEqual(lockGaps({ ...whole, 'node_modules/a/node_modules/b': {} }), []);
    assert.deepEqual(lockGaps({ '': { dependencies: { a: '1' } } }), ['the project needs a']);
  });

  test('every dependency is described', () => {
    const page = read('docs/dependencies.md');
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const exact = version.replace(/^npm:.*@/, '');
      const described = page.split('\n').some((line) => line.includes(`\`${name}\``) && line.includes(exact));
      assert.ok(described, `docs/dependencies.md has no line for ${name} ${exact}`);
    }
  });
});
