import path from 'node:path';
import { type Token, tokenize } from './tokens.ts';

/** Which rooms a room may import, exactly. Type-only imports count. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  units: [],
  market: ['units'],
  wire: ['units', 'market'],
  orders: ['units', 'market'],
  quoting: ['units', 'market', 'orders'],
  risk: ['units', 'market', 'orders'],
  core: ['units', 'market', 'wire', 'orders', 'quoting', 'risk'],
  external: ['units'],
  journal: ['units', 'core'],
  kalshi: ['wire', 'core', 'units', 'market'],
  exchange: ['wire', 'market', 'units'],
  backtest: ['core', 'journal', 'market', 'units'],
  ops: ['core', 'external', 'units', 'market', 'orders', 'quoting', 'risk'],
  cli: [
    'units',
    'market',
    'wire',
    'orders',
    'quoting',
    'risk',
    'core',
    'journal',
    'external',
    'kalshi',
    'exchange',
    'backtest',
    'ops',
    'strategies',
    'bench',
  ],
  strategies: ['units', 'market', 'quoting'],
};

/** Doors of a room besides its index.ts: the core's port alone is all a venue needs of it. */
const SIDE_DOORS = new Set(['engine/core/port.ts']);

/** Rooms without clocks, chance or I/O: the same inputs give the same outputs. */
export const PURE: ReadonlySet<string> = new Set([
  'units',
  'market',
  'wire',
  'orders',
  'quoting',
  'risk',
  'core',
  'strategies',
]);

/** Free names a pure room may not use, and what each would let in. */
const IMPURE: Readonly<Record<string, string>> = {
  performance: 'a clock',
  setTimeout: 'a timer',
  setInterval: 'a timer',
  setImmediate: 'a timer',
  queueMicrotask: 'a timer',
  process: 'the process',
  console: 'I/O',
  fetch: 'I/O',
  WebSocket: 'I/O',
  EventSource: 'I/O',
  require: 'I/O',
  Worker: 'threads',
  Atomics: 'threads',
  crypto: 'chance',
  globalThis: 'everything',
  global: 'everything',
  eval: 'everything',
  Function: 'everything',
  WeakRef: 'the garbage collector',
  FinalizationRegistry: 'the garbage collector',
};

/** Files that may use one forbidden name, each for a reason its own comment gives. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // Compiles readers of frame layouts out of numbers of its own: pure, and three times as fast as a loop.
  'engine/wire/template.ts': 'Function',
};

/** Locale- and machine-dependent methods: the same number would print differently elsewhere. */
const LOCALE = new Set(['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString', 'localeCompare', 'Intl']);

export interface Import {
  readonly from: string;
  readonly line: number;
}

/** Every module a file names: import, export from, dynamic import, `import('…')` types. */
export function importsOf(tokens: readonly Token[]): { imports: Import[]; computed: number[] } {
  const imports: Import[] = [];
  const computed: number[] = [];
  tokens.forEach((token, i) => {
    if (token.kind !== 'word' || isMember(tokens, i)) return;
    const next = tokens[i + 1];
    if (token.text === 'from' && next?.kind === 'string') imports.push({ from: next.text, line: token.line });
    if (token.text !== 'import') return;
    if (next?.kind === 'string') imports.push({ from: next.text, line: token.line });
    if (next?.text !== '(') return;
    const named = tokens[i + 2];
    if (named?.kind === 'string') imports.push({ from: named.text, line: token.line });
    else computed.push(token.line);
  });
  return { imports, computed };
}

/** The room of a file (path relative to the project, `/` between parts), or null outside the house. */
export function roomOf(file: string): string | null {
  const parts = file.split('/');
  if (parts[0] === 'strategies' || parts[0] === 'bench') return parts[0];
  return parts[0] === 'engine' && parts.length > 2 ? parts[1]! : null;
}

/** What a file of the house does that its room may not. `packages`: the npm packages code may use at run time. */
export function violations(file: string, text: string, packages: ReadonlySet<string>): string[] {
  const room = roomOf(file);
  const allowed = room === null ? undefined : ROOMS[room];
  if (room === null || allowed === undefined) return [`${file}: not in a room of the house`];
  const { tokens } = tokenize(text);
  const { imports, computed } = importsOf(tokens);
  const found = imports.flatMap(({ from, line }) => {
    const wrong = importFault(file, room, allowed, from, packages);
    return wrong === '' ? [] : [`${file}:${line}: ${wrong}`];
  });
  if (!PURE.has(room)) return found;
  for (const line of computed) found.push(`${file}:${line}: a pure room imports a computed module`);
  tokens.forEach((token, i) => {
    const wrong = token.text === EXCEPTIONS[file] ? '' : impurity(tokens, i);
    if (wrong !== '') found.push(`${file}:${token.line}: ${wrong}`);
  });
  return found;
}

function importFault(
  file: string,
  room: string,
  allowed: readonly string[],
  from: string,
  packages: ReadonlySet<string>,
): string {
  if (!from.startsWith('.')) {
    if (PURE.has(room)) return `${room} is pure and may not import ${from}`;
    if (from.startsWith('node:')) return '';
    const parts = from.split('/');
    const name = from.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
    return packages.has(name) ? '' : `${from} is not a dependency in package.json`;
  }
  const target = path.posix.join(path.posix.dirname(file), from);
  if (!target.endsWith('.ts')) return `import ${from} must name a .ts file`;
  const other = roomOf(target);
  if (other === null) return `${from} leads out of the house`;
  if (other === room) return '';
  if (!allowed.includes(other)) return `${room} may not import ${other}`;
  if (other === 'strategies' || other === 'bench' || room === 'cli') return '';
  return target === `engine/${other}/index.ts` || SIDE_DOORS.has(target)
    ? ''
    : `${from}: the door of ${other} is its index.ts`;
}

/** What is impure about the token at `i`, or ''. */
function impurity(tokens: readonly Token[], i: number): string {
  const token = tokens[i]!;
  if (token.kind !== 'word') return '';
  const next = tokens[i + 1]?.text;
  const after = tokens[i + 2]?.text;
  if (LOCALE.has(token.text)) return `${token.text} depends on the machine's locale`;
  if (isMember(tokens, i) || isKey(tokens, i)) return '';
  if (token.text === 'import' && next === '.') return 'import.meta in a pure room';
  if (token.text === 'Math' && !(next === '.' && after !== 'random')) return 'Math.random (or a way to it) is chance';
  if (token.text === 'Date') {
    if (next === '.' && (after === 'parse' || after === 'UTC')) return '';
    if (tokens[i - 1]?.text === 'new' && next === '(' && after !== ')') return '';
    return 'Date without an argument is a clock';
  }
  const lets = Object.hasOwn(IMPURE, token.text) ? IMPURE[token.text] : undefined;
  return lets === undefined ? '' : `${token.text} lets in ${lets}`;
}

function isMember(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.text;
  // `...name` is a spread of a free name, not a member.
  if (before === '.') return !(tokens[i - 2]?.text === '.' && tokens[i - 3]?.text === '.');
  return before === '?.';
}

/** True for a property's name in a literal, a type or a class: `{ process: 1 }`, `readonly process: number`. */
function isKey(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.text;
  const next = tokens[i + 1]?.text;
  const starts = before === '{' || before === ',' || before === ';' || before === 'readonly';
  return starts && (next === ':' || (next === '?' && tokens[i + 2]?.text === ':'));
}
