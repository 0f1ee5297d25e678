// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { wallClock } from './foundation/clock.ts';

export interface Program {
  /** A CommonJS module. */
  readonly code: string;
  /** Arguments that run much of it and need nothing. */
  readonly rehearsal: readonly string[];
}

/** Code is kept as long as a process that began with it may still read it. */
const keptForMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Makes an executable file of the program; `stamp` is its second line. The code lies beside it, and what V8 has compiled of it: to
 * compile it anew takes a sixth of what a short run takes. Both are named after the code, so that neither is ever taken for
 * another's, and the file that names them comes last. Another Node has no use for what is compiled, and goes on without.
 */
export async function writeProgram(outFile: string, { code, rehearsal }: Program, stamp: string): Promise<void> {
  const folder = dirname(outFile);
  await mkdir(folder, { recursive: true });
  const script = `(function(require,module,exports){${code}\n})`;
  const name = `${basename(outFile, '.cjs')}-${createHash('sha256').update(process.versions.v8).update(script).digest('hex').slice(0, 16)}`;
  const codeFile = join(folder, `${name}.js`);
  await replace(codeFile, script);
  await rehearse(codeFile, rehearsal);
  await replace(outFile, launcherOf(name, stamp), 0o755);
  await removeOld(folder, basename(outFile, '.cjs'), name);
}

function launcherOf(name: string, stamp: string): string {
  return `#!/usr/bin/env node
${stamp}
'use strict';
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const code = \`\${__dirname}/${name}.js\`;
let cachedData;
try {
  cachedData = readFileSync(\`\${__dirname}/${name}.compiled\`);
} catch {}
const script = new Script(readFileSync(code, 'utf8'), { filename: code, cachedData });
script.runInThisContext()(require, module, exports);
`;
}

/** Runs the program, and writes down what was compiled. */
const rehearsing = `
const { renameSync, readFileSync, writeFileSync } = require('node:fs');
const [code, unfinished, compiled, ...args] = process.argv.slice(1);
const script = new (require('node:vm').Script)(readFileSync(code, 'utf8'), { filename: code });
process.on('exit', () => {
  writeFileSync(unfinished, script.createCachedData());
  renameSync(unfinished, compiled);
});
process.argv = [process.argv[0], code, ...args];
script.runInThisContext()(require, module, exports);
`;

async function rehearse(codeFile: string, args: readonly string[]): Promise<void> {
  const compiled = codeFile.replace(/\.js$/, '.compiled');
  const unfinished = unfinishedOf(compiled);
  try {
    // By a Node without flags of its own: what was compiled with others is refused. That the program fails is no matter, as it has nothing to work on.
    const env = { HOME: dirname(codeFile), TMPDIR: tmpdir(), EC_CACHE: 'false' };
    await promisify(execFile)(process.execPath, ['-e', rehearsing, codeFile, unfinished, compiled, ...args], { env, timeout: 60_000 }).catch(() => undefined);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function replace(file: string, text: string, mode = 0o644): Promise<void> {
  const unfinished = unfinishedOf(file);
  try {
    await writeFile(unfinished, text, { mode });
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

function unfinishedOf(file: string): string {
  return `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
}

async function removeOld(folder: string, program: string, current: string): Promise<void> {
  const ours = new RegExp(`^${program}-[0-9a-f]{16}\\.(js|compiled)$`);
  for (const name of await readdir(folder)) {
    if (!ours.test(name) || name.startsWith(current)) continue;
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < wallClock().getTime() - keptForMs) await rm(join(folder, name), { force: true });
  }
}
