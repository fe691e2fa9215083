/** One piece of TypeScript source. Comments are kept apart, so that code rules never look into them. */
export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'number' | 'regex' | 'mark';
  /** Source text; for a string the text between its quotes. */
  readonly text: string;
  readonly line: number;
}

export interface Source {
  readonly tokens: readonly Token[];
  readonly comments: readonly { readonly text: string; readonly line: number }[];
}

const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\d[\w.]*/y;
const SPACE = /\s+/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?\*\//y;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** Words after which a slash starts a regular expression, not a division. */
const BEFORE_REGEX = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'void',
  'delete',
  'throw',
  'await',
  'yield',
  'else',
]);

/** Cut TypeScript into tokens. Enough of the language for rules about names and imports; knows no types. */
export function tokenize(text: string): Source {
  const tokens: Token[] = [];
  const comments: { text: string; line: number }[] = [];
  let at = 0;
  let line = 1;
  // Depth of braces at which each open template's `${` goes back to text.
  const templates: number[] = [];
  let depth = 0;

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  const advance = (length: number): void => {
    for (let i = at; i < at + length; i++) if (text[i] === '\n') line++;
    at += length;
  };
  const push = (kind: Token['kind'], raw: string, shown = raw): void => {
    tokens.push({ kind, text: shown, line });
    advance(raw.length);
  };
  const template = (): void => {
    let end = at + 1;
    while (end < text.length && text[end] !== '`') {
      if (text[end] === '\\') end++;
      else if (text[end] === '$' && text[end + 1] === '{') {
        push('template', text.slice(at, end + 2));
        templates.push(depth++);
        return;
      }
      end++;
    }
    push('template', text.slice(at, end + 1));
  };

  while (at < text.length) {
    const space = match(SPACE);
    if (space !== null) {
      advance(space.length);
      continue;
    }
    const comment = match(LINE_COMMENT) ?? match(BLOCK_COMMENT);
    if (comment !== null) {
      comments.push({ text: comment, line });
      advance(comment.length);
      continue;
    }
    const string = match(STRING);
    if (string !== null) {
      push('string', string, string.slice(1, -1));
      continue;
    }
    if (text[at] === '`') {
      template();
      continue;
    }
    if (text[at] === '}' && templates.at(-1) === depth - 1) {
      templates.pop();
      depth--;
      template();
      continue;
    }
    const regex = text[at] === '/' && regexMayStart(tokens.at(-1)) ? match(REGEX) : null;
    if (regex !== null) {
      push('regex', regex);
      continue;
    }
    const word = match(WORD);
    if (word !== null) {
      push('word', word);
      continue;
    }
    const number = match(NUMBER);
    if (number !== null) {
      push('number', number);
      continue;
    }
    if (text[at] === '{') depth++;
    if (text[at] === '}') depth--;
    push('mark', text.startsWith('?.', at) ? '?.' : text[at]!);
  }
  return { tokens, comments };
}

function regexMayStart(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === 'word') return BEFORE_REGEX.has(before.text);
  if (before.kind === 'mark') return before.text !== ')' && before.text !== ']' && before.text !== '}';
  return false;
}
