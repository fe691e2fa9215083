import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ROOT } from './files.ts';

/** Stands in for npm: notes each call, then does what npm leaves behind (or fails like it). */
const FAKE_NPM = `
import fs from 'node:fs';
fs.appendFileSync('calls.txt', process.argv.slice(2).join(' ') + '\\n');
if (fs.existsSync('offline')) { console.error('npm error code ENOTFOUND'); process.exit(1); }
await new Promise((resolve) => setTimeout(resolve, 200));
fs.mkdirSync('node_modules/dep', { recursive: true });
fs.writeFileSync('node_modules/dep/package.json', '{}');
const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));
delete packages[''];
fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
`;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

describe('a fresh clone', () => {
  let root = '';
  const at = (...parts: string[]): string => path.join(root, ...parts);

  beforeEach(() => {
    root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'hundred launcher ')));
    fs.mkdirSync(at('scripts'));
    for (const name of ['ensure.mjs', 'hundred.mjs', 'strip.mjs', 'strip-hooks.mjs']) {
      fs.copyFileSync(path.join(ROOT, 'scripts', name), at('scripts', name));
    }
    fs.mkdirSync(at('engine', 'cli'), { recursive: true });
    fs.mkdirSync(at('elsewhere'));
    fs.writeFileSync(
      at('engine', 'cli', 'main.ts'),
      'const [verb, ...rest]: string[] = process.argv.slice(2);\n' +
        "if (verb === 'exit') process.exit(Number(rest[0]));\n" +
        'console.log(JSON.stringify({ verb, rest, cwd: process.cwd() }));\n',
    );
    const packages = { '': {}, 'node_modules/dep': { version: '1.0.0', integrity: 'sha512-x' } };
    fs.writeFileSync(at('package.json'), '{"type":"module"}');
    fs.writeFileSync(at('package-lock.json'), JSON.stringify({ packages }));
    fs.writeFileSync(at('npm-cli.js'), FAKE_NPM);
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = root): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|HUNDRED_|NODE_)/.test(name));
      const child = spawn(process.execPath, [at('scripts', 'hundred.mjs'), ...args], {
        cwd,
        env: { ...Object.fromEntries(inherited), npm_execpath: at('npm-cli.js'), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, out, err }));
    });
  const calls = (): string[] => {
    if (!fs.existsSync(at('calls.txt'))) return [];
    return fs.readFileSync(at('calls.txt'), 'utf8').trim().split('\n');
  };

  test('installs once, says so on stderr only, and hands over arguments and exit code', async () => {
    const first = await start(['replay', 'a b', '--json']);
    assert.match(first.err, /^hundred: installing the packages/);
    assert.deepEqual(JSON.parse(first.out), { verb: 'replay', rest: ['a b', '--json'], cwd: root });
    const second = await start(['exit', '5']);
    assert.deepEqual([second.code, second.err, second.out], [5, '', '']);
    assert.equal(calls().length, 1);
    assert.match(calls()[0]!, /^ci --include=dev/);
  });

  test('two starts at once install once, and both run', async () => {
    const both = await Promise.all([start(['one']), start(['two'])]);
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
    );
    assert.equal(calls().length, 1);
    assert.deepEqual(fs.readdirSync(at('.hundred')), []);
  });

  test('a changed lock file is installed again', async () => {
    await start(['x']);
    const packages = { '': {}, 'node_modules/dep': { version: '1.0.1', integrity: 'sha512-y' } };
    fs.writeFileSync(at('package-lock.json'), JSON.stringify({ packages }));
    assert.equal((await start(['x'])).code, 0);
    assert.equal(calls().length, 2);
  });

  test('packages put there by a plain npm install are kept', async () => {
    fs.mkdirSync(at('node_modules', 'dep'), { recursive: true });
    fs.writeFileSync(at('node_modules', 'dep', 'package.json'), '{}');
    fs.copyFileSync(at('package-lock.json'), at('node_modules', '.package-lock.json'));
    const packages = { 'node_modules/dep': { version: '1.0.0', integrity: 'sha512-x' } };
    fs.writeFileSync(at('node_modules', '.package-lock.json'), JSON.stringify({ packages }));
    assert.equal((await start(['x'])).code, 0);
    assert.deepEqual(calls(), []);
  });

  test('a lock left by a process that died is taken over', async () => {
    const dead = await new Promise<number>((resolve) => {
      const child = spawn(process.execPath, ['-e', '']);
      child.on('exit', () => resolve(child.pid!));
    });
    fs.mkdirSync(at('.hundred'));
    fs.writeFileSync(at('.hundred', 'install.lock'), `${dead} left behind`);
    assert.equal((await start(['x'])).code, 0);
    assert.equal(calls().length, 1);
    assert.deepEqual(fs.readdirSync(at('.hundred')), []);
  });

  test('no network: one line that says what failed, where and what to do, and the next start tries again', async () => {
    fs.writeFileSync(at('offline'), '');
    const { code, out, err } = await start(['x']);
    assert.deepEqual([code, out], [2, '']);
    const last = err.trim().split('\n').at(-1)!;
    assert.match(last, /^hundred: "npm ci" failed \(exit code 1.*Is the network up/);
    assert.ok(last.includes(root));
    assert.doesNotMatch(err, /\n\s+at /);
    fs.rmSync(at('offline'));
    assert.equal((await start(['x'])).code, 0);
  });

  test('HUNDRED_INSTALL=never calls no npm', async () => {
    assert.equal((await start(['x'], { HUNDRED_INSTALL: 'never' })).code, 0);
    assert.deepEqual(calls(), []);
  });

  test('a copy without its lock file says so', async () => {
    fs.rmSync(at('package-lock.json'));
    const { code, err } = await start(['x']);
    assert.equal(code, 2);
    assert.match(err, /^hundred: cannot read .*package-lock\.json \(ENOENT\)[^\n]*\n$/);
  });

  test('npm start reads files from where the user stands', async () => {
    const env = { INIT_CWD: at('elsewhere'), npm_package_json: at('package.json') };
    assert.equal(JSON.parse((await start(['x'], env)).out).cwd, at('elsewhere'));
    assert.equal(JSON.parse((await start(['x'], { INIT_CWD: at('elsewhere') })).out).cwd, root);
    const moved = await start(['x'], { ...env, INIT_CWD: root }, at('elsewhere'));
    assert.equal(JSON.parse(moved.out).cwd, at('elsewhere'));
  });
});
