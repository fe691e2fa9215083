import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ladder } from '../../strategies/ladder/index.ts';
import {
  checkParams,
  ParamError,
  type ParamValue,
  pluginFault,
  type Strategy,
  type StrategyPlugin,
} from '../quoting/index.ts';
import { UsageError } from './usage.ts';

/** Strategies that come with the project, by name. */
export const SHIPPED: Readonly<Record<string, StrategyPlugin>> = { ladder: ladder as unknown as StrategyPlugin };

/** A strategy ready to quote, and what it was made with: every parameter, those left at their defaults included. */
export interface LoadedStrategy {
  readonly strategy: Strategy;
  readonly name: string;
  readonly params: Readonly<Record<string, ParamValue>>;
}

/**
 * Load a strategy as a configuration names it.
 * @param use a shipped strategy's name, a path (relative to the configuration's folder), or an installed npm package
 * @param configPath the configuration file, for paths and for messages
 * @throws UsageError naming the strategy, the parameter or the file, and what is expected
 */
export async function loadStrategy(
  use: string,
  params: Readonly<Record<string, unknown>>,
  configPath: string,
): Promise<LoadedStrategy> {
  const plugin = Object.hasOwn(SHIPPED, use) ? SHIPPED[use]! : await importPlugin(use, configPath);
  let checked: Readonly<Record<string, ParamValue>>;
  try {
    checked = checkParams(plugin.name, plugin.params, params);
  } catch (error) {
    if (!(error instanceof ParamError)) throw error;
    throw new UsageError(
      `${configPath}: strategy.params:\n${error.problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
  }
  let strategy: unknown;
  try {
    strategy = plugin.create(checked);
  } catch (error) {
    throw new UsageError(`strategy ${use} cannot be made with these parameters: ${messageOf(error)}`);
  }
  if (!isStrategy(strategy)) throw new UsageError(`strategy ${use}: create() made nothing that has a function quote()`);
  return { strategy, name: plugin.name, params: checked };
}

function isStrategy(value: unknown): value is Strategy {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Strategy>).quote === 'function';
}

async function importPlugin(use: string, configPath: string): Promise<StrategyPlugin> {
  const file = locate(use, configPath);
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as typeof module;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const gone = code === 'ERR_MODULE_NOT_FOUND' && messageOf(error).includes(`'${file}'`);
    throw new UsageError(
      gone
        ? `${configPath}: strategy.use: ${file} does not exist`
        : `strategy ${use} (${file}) cannot be loaded: ${messageOf(error)}`,
    );
  }
  const fault = pluginFault(module.default);
  if (fault !== '') throw new UsageError(`strategy ${use} (${file}) cannot be used: ${fault}`);
  return module.default as StrategyPlugin;
}

/** The file behind a path or a package's name. @throws UsageError */
function locate(use: string, configPath: string): string {
  const folder = dirname(resolve(configPath));
  if (/^\.{1,2}[\\/]/.test(use) || isAbsolute(use)) return resolve(folder, use);
  for (const from of [join(folder, 'x.js'), import.meta.filename]) {
    const found = packageFile(use, from);
    if (found !== '') return found;
  }
  throw new UsageError(
    `${configPath}: strategy.use: "${use}" is none of the shipped strategies (${Object.keys(SHIPPED).join(', ')}) and no package installed at ${folder}; a file is named by its path, as ./${use}`,
  );
}

/** The entry of a package as seen from a file, '' where it is not installed. */
function packageFile(name: string, from: string): string {
  const { resolve: find } = createRequire(from);
  try {
    return find(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') return '';
  }
  // A package for import alone: its entry is what its manifest says.
  for (const folder of find.paths(name) ?? []) {
    const entry = importEntry(join(folder, name, 'package.json'));
    if (entry !== '') return join(folder, name, entry);
  }
  return '';
}

function importEntry(manifest: string): string {
  try {
    const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly exports?: unknown };
    const own = (exports as Record<string, unknown>)['.'] ?? exports;
    const entry = (own as Record<string, unknown>)['import'];
    return typeof entry === 'string' ? entry : '';
  } catch {
    return '';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
