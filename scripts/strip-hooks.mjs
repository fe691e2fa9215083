// Runs in the thread of module hooks (scripts/strip.mjs).

import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

// Says in this thread only that stripping types is young; without these hooks Node.js does the same and says nothing.
process.emitWarning = () => {};

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/')) return nextLoad(url, context);
  const source = stripTypeScriptTypes(await readFile(fileURLToPath(url), 'utf8'));
  return { format: 'module', shortCircuit: true, source };
}
