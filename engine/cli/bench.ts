import { benchCommand as run } from '../../bench/index.ts';

/** `hundred bench`. Resolves with the exit status. */
export function benchCommand(args: string[]): Promise<number> {
  return run(args);
}
