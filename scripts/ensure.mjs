// Makes a fresh clone runnable: installs what package-lock.json names and finds a Node.js this project runs on.
// Plain JavaScript for whatever Node.js the host has (20 or newer).

import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What the code needs: 22.19 is the oldest Node.js the HTTP client takes, and native addons are built for 22. */
export const WANTED_NODE = '22.19 or newer, below 23';
const OLDEST_HOST = 20;
const LOCK_PATIENCE_MS = 15 * 60_000;

/** Something a person has to put right before anything can run. Its message is all they need to see. */
export class SetupError extends Error {}

/** True when this version (`22.23.3` or `v22.23.3`) runs the project's TypeScript directly. */
export function isSuitable(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major === 22 && minor >= 19;
}

/**
 * Install what is missing and return the path of the Node.js to run with: this process's own when it is suitable, the
 * project's pinned one otherwise. `HUNDRED_INSTALL=never` forbids installing (images that are complete as they are).
 * @throws SetupError
 */
export async function ensure(root = ROOT) {
  const hostMajor = Number(process.versions.node.split('.')[0]);
  if (hostMajor < OLDEST_HOST) {
    throw new SetupError(
      `Node.js ${process.versions.node} is too old, ${OLDEST_HOST} or newer is needed: https://nodejs.org`,
    );
  }
  const own = isSuitable(process.versions.node) ? process.execPath : null;
  if (process.env.HUNDRED_INSTALL === 'never') {
    if (own !== null) return own;
    if (isUsable(pinnedNode(root))) return pinnedNode(root);
    throw new SetupError(`HUNDRED_INSTALL=never, and Node.js ${process.versions.node} is not ${WANTED_NODE}`);
  }
  const wanted = fingerprint(root);
  const ready = () => readStamp(root) === wanted && (own !== null || fs.existsSync(pinnedNode(root)));
  if (ready()) return own ?? pinnedNode(root);
  return await withLock(root, () => {
    if (ready()) return own ?? pinnedNode(root);
    if (!matchesLock(root)) install(root);
    const node = own ?? repairedNode(root);
    fs.writeFileSync(stampFile(root), `${wanted}\n`);
    return node;
  });
}

function fingerprint(root) {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) {
    const file = path.join(root, name);
    try {
      hash.update(fs.readFileSync(file));
    } catch (error) {
      throw new SetupError(`cannot read ${file} (${error.code}): this copy of the project is incomplete`);
    }
  }
  return `${hash.digest('hex')} ${process.platform}-${process.arch}`;
}

function stampFile(root) {
  return path.join(root, 'node_modules', '.hundred-stamp');
}

function readStamp(root) {
  try {
    return fs.readFileSync(stampFile(root), 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * True when npm's own record of what it put into node_modules names the same packages as package-lock.json, so that a
 * tree made by `npm install` is not thrown away. npm writes the record last: a broken-off install has none.
 */
function matchesLock(root) {
  let lock;
  let installed;
  try {
    lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
    installed = JSON.parse(fs.readFileSync(path.join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
  } catch {
    return false;
  }
  for (const [where, entry] of Object.entries(lock)) {
    if (where === '') continue;
    const there = installed[where];
    if (there === undefined && entry.optional === true && !isForThisMachine(entry)) continue;
    if (there?.version !== entry.version || there.integrity !== entry.integrity) return false;
    if (!fs.existsSync(path.join(root, where, 'package.json'))) return false;
  }
  return Object.keys(installed).every((where) => lock[where] !== undefined);
}

/** False only for a package that says it is for another system: npm leaves those out. */
function isForThisMachine(entry) {
  const allows = (list, own) => list === undefined || list.includes(own);
  return allows(entry.os, process.platform) && allows(entry.cpu, process.arch) && entry.libc === undefined;
}

function npm(root, args) {
  // Run by npm, use that npm; else the one on the PATH. Its output goes to stderr: stdout belongs to the command.
  const cli = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  if (cli !== undefined && path.basename(cli) === 'npm-cli.js')
    return spawnSync(process.execPath, [cli, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

function install(root) {
  say('installing the packages named in package-lock.json (npm ci; once, then after every change of it)');
  // The pinned Node.js is a development package: it is needed whatever NODE_ENV says.
  const { status, signal, error } = npm(root, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (error !== undefined) {
    throw new SetupError(
      `npm could not be started (${error.code}): install npm, or run "npm ci" in ${root} by other means`,
    );
  }
  if (status !== 0) {
    throw new SetupError(
      `"npm ci" failed (${signal ?? `exit code ${status}`}; npm's own words are above). ` +
        `Is the network up, and is ${root} writable? Start again when it is.`,
    );
  }
}

function pinnedNode(root) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return path.join(root, 'node_modules', 'node', 'bin', name);
}

function isUsable(file) {
  const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return status === 0 && isSuitable(stdout.trim());
}

/** The pinned Node.js. Its binary comes through an install script, which some npm versions and settings skip. */
function repairedNode(root) {
  const file = pinnedNode(root);
  if (isUsable(file)) return file;
  say('fetching the pinned Node.js (npm rebuild node)');
  npm(root, ['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts', '--loglevel=error']);
  if (isUsable(file)) return file;
  throw new SetupError(
    `the pinned Node.js did not arrive in ${path.dirname(file)}, and this one is ${process.versions.node}. ` +
      `Run "npm rebuild node" in ${root} and read what it says, or start with a Node.js ${WANTED_NODE}.`,
  );
}

function say(text) {
  process.stderr.write(`hundred: ${text}\n`);
}

/** Run `work` while no other start installs into the same folder. */
async function withLock(root, work) {
  const folder = path.join(root, '.hundred');
  const lock = path.join(folder, 'install.lock');
  const mine = `${process.pid} ${randomUUID()}`;
  const draft = path.join(folder, `install.${process.pid}.${randomUUID()}`);
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(draft, mine);
  } catch (error) {
    throw new SetupError(`cannot write to ${folder} (${error.code}): packages must be installed there first`);
  }
  try {
    await takeLock(lock, draft);
    try {
      return work();
    } finally {
      if (readLock(lock) === mine) fs.rmSync(lock, { force: true });
    }
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

async function takeLock(lock, draft) {
  const deadline = Date.now() + LOCK_PATIENCE_MS;
  for (let told = false; ; ) {
    try {
      // A link appears with its content or not at all, so a reader never sees a lock without an owner.
      fs.linkSync(draft, lock);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw new SetupError(`cannot lock ${lock} (${error.code})`);
    }
    const owner = readLock(lock);
    if (owner === '') continue;
    const pid = Number(owner.split(' ')[0]);
    if (!isAlive(pid)) {
      breakLock(lock, owner);
      continue;
    }
    if (Date.now() > deadline)
      throw new SetupError(`process ${pid} has held ${lock} too long: if it installs nothing, remove it`);
    if (!told) say(`waiting for another start (process ${pid}) to finish installing`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Remove a dead owner's lock; one that somebody else has taken meanwhile is put back. */
function breakLock(lock, owner) {
  const aside = `${lock}.${randomUUID()}`;
  try {
    fs.renameSync(lock, aside);
    if (readLock(aside) !== owner) fs.linkSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST')
      throw new SetupError(`cannot clear ${lock} (${error.code})`);
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

function readLock(lock) {
  try {
    return fs.readFileSync(lock, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Run a script's main function; a `SetupError` becomes one line and exit code 2. */
export async function run(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`hundred: ${error.message}\n`);
    process.exitCode = 2;
  }
}

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await run(async () => {
    process.stdout.write(`${await ensure()}\n`);
  });
}
