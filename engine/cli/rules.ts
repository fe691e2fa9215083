import { EXCHANGE_RULES, type ExchangeRules, RULE_CHOICES } from '../exchange/index.ts';
import { hint } from './config.ts';
import { UsageError } from './usage.ts';

type Name = keyof ExchangeRules;
const NAMES = Object.keys(RULE_CHOICES) as Name[];

/** What a rule may be set to, in words. */
function choices(name: Name): string {
  const choice = RULE_CHOICES[name];
  return 'least' in choice ? `${choice.least} to ${choice.most}` : choice.join(', ');
}

/** The rules that `--rule name=value` flags set. @throws UsageError naming the flag and what is expected */
export function rulesOf(flags: readonly string[] = []): Partial<ExchangeRules> {
  const rules: Record<string, string | number | boolean> = {};
  for (const flag of flags) {
    const [name = '', text] = flag.split(/=(.*)/s, 2);
    if (text === undefined) throw new UsageError(`--rule ${flag}: expected name=value, such as postOnlyCross=cancel`);
    const known = NAMES.find((each) => each === name);
    if (known === undefined) throw new UsageError(`--rule ${flag}: there is no rule ${name}${hint(name, NAMES)}`);
    if (name in rules) throw new UsageError(`--rule ${flag}: ${name} is given twice`);
    const value = chosen(known, text);
    if (value === undefined) throw new UsageError(`--rule ${flag}: expected ${choices(known)}`);
    rules[name] = value;
  }
  return rules as Partial<ExchangeRules>;
}

function chosen(name: Name, text: string): string | number | boolean | undefined {
  const choice = RULE_CHOICES[name];
  if (!('least' in choice)) return choice.find((each) => String(each) === text);
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= choice.least && value <= choice.most ? value : undefined;
}

/** The rules, a line each, for help texts: the default and what else there is. */
export function ruleLines(): string {
  return NAMES.map((name) => `  ${name.padEnd(21)}${`${EXCHANGE_RULES[name]}`.padEnd(17)}${choices(name)}`).join('\n');
}
