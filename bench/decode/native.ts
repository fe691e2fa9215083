import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SOURCES = path.join(import.meta.dirname, '..', 'native');
const FLAGS = ['-O3', '-march=native', '-std=c++17'];

/** A candidate in C++, or why there is none. */
export type Built = { readonly command: string } | { readonly skipped: string };

/** C++ candidates, built where a compiler is and thrown away afterwards. Nothing but a benchmark may need one. */
export class NativeBuild {
  /** For the programs, and for what they read. */
  readonly folder = mkdtempSync(path.join(tmpdir(), 'hundred-bench-'));

  async build(name: 'scan' | 'simdjson'): Promise<Built> {
    const command = path.join(this.folder, name);
    const libraries = name === 'simdjson' ? ['-lsimdjson'] : [];
    try {
      await run('g++', [...FLAGS, path.join(SOURCES, `${name}.cpp`), '-o', command, ...libraries], {
        timeout: 180_000,
      });
      return { command };
    } catch (error) {
      const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
      if (code === 'ENOENT') return { skipped: 'no g++ here' };
      if (/simdjson\.h: No such file/.test(stderr)) return { skipped: 'g++ finds no simdjson.h (libsimdjson-dev)' };
      const line = stderr.split('\n').find((text) => /error|cannot find/.test(text)) ?? `g++ ended with ${code}`;
      return { skipped: line.replaceAll(`${SOURCES}${path.sep}`, '').slice(0, 200) };
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
