#!/usr/bin/env node
// `hundred`: makes sure everything is installed, then hands over to engine/cli/main.ts on a Node.js it runs on.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensure, ROOT, run } from './ensure.mjs';

const MAIN = path.join(ROOT, 'engine', 'cli', 'main.ts');
const STRIP = new URL('./strip.mjs', import.meta.url).href;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

await run(async () => {
  goWhereTheUserIs();
  endWithNpm();
  const node = await ensure();
  // For every Node.js started from here on, this one's children included.
  process.env.NODE_OPTIONS = [process.env.NODE_OPTIONS, `--import=${STRIP}`].filter(Boolean).join(' ');
  if (node !== process.execPath) return handOver(node);
  await import(STRIP);
  await import(pathToFileURL(MAIN).href);
});

/** `npm start` runs in the project's folder; files on the command line are meant from where the user stands. */
function goWhereTheUserIs() {
  const { INIT_CWD, npm_package_json } = process.env;
  const byNpm = npm_package_json === path.join(ROOT, 'package.json') && process.cwd() === ROOT;
  if (byNpm && INIT_CWD) process.chdir(INIT_CWD);
}

/**
 * npm passes a signal on to the shell it started us with, and that shell dies without telling us. An engine nobody can
 * reach must not go on quoting: when the parent is gone, end as if the signal had come here.
 */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

/** Be the child: same streams, its signals, its end. */
function handOver(node) {
  const child = spawn(node, [MAIN, ...process.argv.slice(2)], { stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  child.on('error', (error) => {
    process.stderr.write(`hundred: cannot run ${node}: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => {
    for (const name of FORWARDED) process.off(name, forward);
    if (signal === null) process.exit(code);
    process.kill(process.pid, signal);
    // Signals that this process does not die of: the shell's convention for "ended by a signal".
    setTimeout(() => process.exit(128), 1000);
  });
}
