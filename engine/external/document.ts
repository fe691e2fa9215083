import { shown } from './moment.ts';

/** What a document is not; the message names the place and what is expected there. */
export class DocumentFault extends Error {}

/** Parse a document; the mark that some editors begin a file with is none of it. @throws DocumentFault */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const cure = /\b(NaN|-?Infinity)\b/.test(text) ? ' (NaN and Infinity are no JSON: leave the name out)' : '';
    throw new DocumentFault(`is no JSON${cure}: ${(error as Error).message}`);
  }
}

/** The part of a document a JSON pointer (RFC 6901) leads to, '' being all of it. @throws DocumentFault */
export function partAt(document: unknown, pointer: string): unknown {
  let part = document;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key))
      throw new DocumentFault(`has nothing at ${pointer} (no ${shown(key)})`);
    part = (part as Record<string, unknown>)[key];
  }
  return part;
}

/** Names and values of a part that has to be an object. @throws DocumentFault */
export function entriesOf(part: unknown, pointer = ''): [name: string, given: unknown][] {
  if (typeof part === 'object' && part !== null && !Array.isArray(part)) return Object.entries(part);
  const where = pointer === '' ? '' : ` at ${pointer}`;
  throw new DocumentFault(`holds ${shown(part)}${where}, expected an object of names and numbers`);
}
