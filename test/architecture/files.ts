import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The project's folder. */
export const ROOT = path.join(import.meta.dirname, '..', '..');

const UNTRACKED = new Set(['node_modules', '.git', '.hundred', 'coverage', 'results']);

/** Every file that is or would be tracked, relative to the project, `/` between parts. */
export function trackedFiles(): string[] {
  if (fs.existsSync(path.join(ROOT, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
    const files = listed.toString('utf8').split('\0');
    return files.filter((file) => file !== '' && fs.existsSync(path.join(ROOT, file)));
  }
  return walk('');
}

function walk(folder: string): string[] {
  return fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (UNTRACKED.has(entry.name) || entry.name.endsWith('.log')) return [];
    const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(file) : [file];
  });
}

/** A tracked file's text. */
export function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}
