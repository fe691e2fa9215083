import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { read, trackedFiles } from './files.ts';
import { importsOf, PURE, ROOMS, violations } from './rules.ts';
import { tokenize } from './tokens.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const packages = new Set(Object.keys((JSON.parse(read('package.json')) as Manifest).dependencies));
const house = trackedFiles().filter((file) => /^(engine|strategies)\/.*\.ts$/.test(file));

describe('the house', () => {
  test('no file imports against the table, and no pure room has a clock, chance or I/O', () => {
    assert.ok(house.length > 40, `only ${house.length} files found: the check looks in the wrong place`);
    const found = house.flatMap((file) => violations(file, read(file), packages));
    assert.equal(found.length, 0, `\n${found.join('\n')}`);
  });

  test('the table has no cycle: rooms can be built from the bottom up', () => {
    const done = new Set<string>(['bench']);
    for (let before = -1; before !== done.size; ) {
      before = done.size;
      for (const [room, needs] of Object.entries(ROOMS)) if (needs.every((need) => done.has(need))) done.add(room);
    }
    const stuck = Object.keys(ROOMS).filter((room) => !done.has(room));
    assert.deepEqual(stuck, []);
  });

  test('a pure room imports pure rooms only', () => {
    for (const room of PURE) for (const need of ROOMS[room]!) assert.ok(PURE.has(need), `${room} imports ${need}`);
  });
});

describe('the check of imports refuses', () => {
  const refused = (file: string, code: string, why: RegExp): void => {
    test(`${file}: ${code}`, () => {
      const found = violations(file, code, packages);
      assert.equal(found.length, 1, `expected one violation, got ${JSON.stringify(found)}`);
      assert.match(found[0]!, why);
    });
  };
  refused('engine/units/a.ts', "import { x } from '../market/index.ts';", /units may not import market/);
  refused('engine/units/a.ts', "import type { X } from '../market/index.ts';", /units may not import market/);
  refused('engine/market/a.ts', "export * from '../core/index.ts';", /market may not import core/);
  refused('engine/quoting/a.ts', "type X = import('../risk/index.ts').X;", /quoting may not import risk/);
  refused('engine/exchange/a.ts', "const x = await import('../core/index.ts');", /exchange may not import core/);
  refused('engine/kalshi/a.ts', "import '../exchange/index.ts';", /kalshi may not import exchange/);
  refused('engine/core/a.ts', "import { x } from '../wire/decode.ts';", /door of wire/);
  refused('strategies/a/index.ts', "import { x } from '../../engine/core/index.ts';", /strategies may not import core/);
  refused('engine/core/a.ts', "import { x } from '../../strategies/a/index.ts';", /core may not import strategies/);
  refused('engine/core/a.ts', "import { x } from '../../test/help.ts';", /leads out of the house/);
  refused('engine/core/a.ts', "import fs from 'node:fs';", /core is pure/);
  refused('engine/wire/a.ts', "import { z } from 'zod';", /wire is pure/);
  refused('engine/ops/a.ts', "import x from 'left-pad';", /not a dependency/);
  refused('engine/ops/a.ts', "import { x } from './b';", /must name a \.ts file/);
  refused('engine/attic/a.ts', 'export const x = 1;', /not in a room/);
  refused('engine/loose.ts', 'export const x = 1;', /not in a room/);
});

describe('the check of pure rooms refuses', () => {
  const impure = [
    'const t = Date.now();',
    'const t = new Date();',
    'const t = new Date;',
    'const t = Date();',
    'const D = Date;',
    'const r = Math.random();',
    "const r = Math['random']();",
    'const { random } = Math;',
    'const t = performance.now();',
    'setTimeout(() => {}, 1);',
    'const f = [...globalThis.x];',
    'const f = { ...process.env };',
    'const f = setInterval;',
    'setImmediate(run);',
    'queueMicrotask(run);',
    'const a = on ? process : b;',
    'const x = { process };',
    'console.log(1);',
    'await fetch(url);',
    'crypto.randomUUID();',
    'globalThis.Date.now();',
    `const s = \`\${Math.random()}\`;`,
    "const f = new Function('return 1');",
    'await import(name);',
    'const here = import.meta.dirname;',
    'const s = n.toLocaleString();',
    'const a = b / c; const t = Date.now() / 2;',
  ];
  for (const code of impure) {
    for (const file of ['engine/core/a.ts', 'strategies/a/index.ts']) {
      test(`${file}: ${code}`, () => assert.equal(violations(file, code, packages).length, 1));
    }
  }
});

describe('the checks accept', () => {
  const fine = [
    '// Date.now() is banned here, and so is process.exit',
    '/* Math.random(), import x from "node:fs" */',
    "const s = 'console.log(Math.random())';",
    `const s = \`setTimeout \${a} process\`;`,
    `const s = \`a \${ { b: \`\${c} process\` } } performance\`;`,
    'const ok = /process\\.env|[/`]Math.random/.test(s);',
    'const t = new Date(ms).toISOString();',
    'const t = Date.UTC(2026, 0, 1) + Date.parse(s);',
    'const m = Math.max(1, Math.floor(2 / 3)) / 4;',
    'interface A { readonly process: string; fetch?: number }',
    'const a = { console: 1, process: 2 }; a.process.fetch;',
    'const a = b?.console;',
    "import type { Price } from '../units/index.ts';",
    "import { b } from './b.ts';",
    "export { b } from './deep/b.ts';",
  ];
  for (const code of fine) {
    test(code, () => assert.deepEqual(violations('engine/market/a.ts', code, packages), []));
  }

  test('I/O and packages outside the pure rooms', () => {
    const code = "import fs from 'node:fs';\nimport { pino } from 'pino';\nsetTimeout(() => Date.now(), 1);";
    assert.deepEqual(violations('engine/ops/a.ts', code, packages), []);
  });
});

test('an import over several lines, with quotes in comments, is seen once and on its line', () => {
  const code = "// it's here\nimport {\n  a, // don't\n  b,\n} from\n  './x.ts';\nconst from = 'no';";
  const { imports } = importsOf(tokenize(code).tokens);
  assert.deepEqual(imports, [{ from: './x.ts', line: 5 }]);
});
