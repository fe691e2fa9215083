/** A value a strategy's parameter can have. */
export type ParamValue = number | boolean | string;

interface NumberSpec {
  readonly type: 'number' | 'integer';
  readonly default: number;
  /** Inclusive. */
  readonly min: number;
  readonly max: number;
  /** What the number counts, in words: `ticks`, `contracts`, `seconds`. */
  readonly unit: string;
  readonly about: string;
}

interface SwitchSpec {
  readonly type: 'boolean';
  readonly default: boolean;
  readonly about: string;
}

interface ChoiceSpec {
  readonly type: 'choice';
  readonly default: string;
  readonly options: readonly string[];
  readonly about: string;
}

interface TextSpec {
  readonly type: 'text';
  readonly default: string;
  /** A regular expression all of the text has to match, and what that is, in words: `a name with {ticker} in it`. */
  readonly pattern: string;
  readonly expected: string;
  readonly about: string;
}

/** One parameter: its type, default, range or options, unit, and what it is. */
export type ParamSpec = NumberSpec | SwitchSpec | ChoiceSpec | TextSpec;

/** A strategy's parameters by name. */
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;

/** The values a strategy is made with: every parameter, checked, defaults filled in. */
export type ParamsOf<S extends ParamSpecs> = {
  readonly [K in keyof S]: S[K] extends NumberSpec
    ? number
    : S[K] extends SwitchSpec
      ? boolean
      : S[K] extends ChoiceSpec
        ? S[K]['options'][number]
        : S[K] extends TextSpec
          ? string
          : ParamValue;
};

/** Parameters that cannot be used; each problem names the parameter, what it is and what it may be. */
export class ParamError extends RangeError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/**
 * Values for every parameter: those given where they fit, defaults where none is given.
 * @throws ParamError with every unknown name, wrong type and value out of range at once
 */
export function checkParams<S extends ParamSpecs>(
  strategy: string,
  specs: S,
  given: Readonly<Record<string, unknown>>,
): ParamsOf<S> {
  const problems: string[] = [];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(specs, name)) continue;
    const names = Object.keys(specs);
    problems.push(`${strategy} has no parameter ${name}; it has ${names.length === 0 ? 'none' : names.join(', ')}`);
  }
  const values: Record<string, ParamValue> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = Object.hasOwn(given, name) ? given[name] : spec.default;
    if (fits(spec, value)) values[name] = value as ParamValue;
    else problems.push(`${strategy} parameter ${name} is ${written(value)}, expected ${rangeOf(spec)}`);
  }
  if (problems.length > 0) throw new ParamError(problems);
  return values as ParamsOf<S>;
}

/** What a parameter may be, in words: `1 to 16 orders a side`. */
export function rangeOf(spec: ParamSpec): string {
  switch (spec.type) {
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${spec.options.join(', ')}`;
    case 'text':
      return spec.expected;
    case 'integer':
      return `${spec.min} to ${spec.max} ${spec.unit}, whole`;
    case 'number':
      return `${spec.min} to ${spec.max} ${spec.unit}`;
  }
}

/** What is wrong with a description of parameters, '' when nothing is: plugins are not all type-checked. */
export function specsFault(specs: unknown): string {
  if (typeof specs !== 'object' || specs === null) return 'params is not an object';
  for (const [name, spec] of Object.entries(specs)) {
    const fault = specFault(spec);
    if (fault !== '') return `params.${name} ${fault}`;
  }
  return '';
}

function specFault(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'is not an object';
  const spec = value as ParamSpec;
  if (typeof spec.about !== 'string' || spec.about === '') return 'does not say what it is about';
  if (spec.type === 'boolean') return fits(spec, spec.default) ? '' : 'has a default that is neither true nor false';
  if (spec.type === 'choice') {
    if (!Array.isArray(spec.options) || spec.options.some((o) => typeof o !== 'string'))
      return 'has no list of options';
    return fits(spec, spec.default) ? '' : `has a default that is not one of its options`;
  }
  if (spec.type === 'text') {
    if (typeof spec.expected !== 'string' || spec.expected === '') return 'does not say what is expected';
    if (typeof spec.pattern !== 'string') return 'has no pattern';
    return fits(spec, spec.default) ? '' : `has a default that does not match its pattern`;
  }
  if (spec.type !== 'number' && spec.type !== 'integer') {
    return 'has a type that is none of number, integer, boolean, choice, text';
  }
  if (typeof spec.unit !== 'string' || spec.unit === '') return 'does not name its unit';
  if (!(spec.min <= spec.max)) return 'has no range from min to max';
  return fits(spec, spec.default) ? '' : `has the default ${written(spec.default)}, expected ${rangeOf(spec)}`;
}

function fits(spec: ParamSpec, value: unknown): boolean {
  switch (spec.type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return typeof value === 'string' && spec.options.includes(value);
    case 'text':
      return typeof value === 'string' && matches(value, spec.pattern);
    case 'integer':
      return Number.isSafeInteger(value) && (value as number) >= spec.min && (value as number) <= spec.max;
    case 'number':
      return Number.isFinite(value) && (value as number) >= spec.min && (value as number) <= spec.max;
  }
}

function matches(text: string, pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    // No regular expression: nothing matches, the default included.
    return false;
  }
}

function written(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
