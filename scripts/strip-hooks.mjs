// Runs in the thread of module hooks (scripts/strip.mjs). What was stripped is kept beside the packages by its content:
// starting the stripper takes longer than reading everything it made.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

// Says in this thread only that stripping types is young; without these hooks Node.js does the same and says nothing.
process.emitWarning = () => {};

const FOLDER = new URL('../node_modules/.cache/hundred-types/', import.meta.url);
let isKeeping = true;
try {
  mkdirSync(FOLDER, { recursive: true });
} catch {
  isKeeping = false;
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/')) return nextLoad(url, context);
  const text = readFileSync(fileURLToPath(url), 'utf8');
  return { format: 'module', shortCircuit: true, source: kept(text) };
}

function kept(text) {
  const key = createHash('sha256').update(process.version).update(text).digest('hex');
  const file = new URL(`${key}.js`, FOLDER);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const stripped = stripTypeScriptTypes(text);
    if (isKeeping) keep(file, stripped);
    return stripped;
  }
}

/** Another process may be keeping the same: each file is there whole or not at all. */
function keep(file, stripped) {
  const unfinished = new URL(`${file.href}.${process.pid}`);
  try {
    writeFileSync(unfinished, stripped);
    renameSync(unfinished, file);
  } catch {
    isKeeping = false;
  }
}
