// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { wallClock } from './foundation/clock.ts';
import { replaceFile } from './foundation/replace-file.ts';

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
  const script = `(function(require,module,exports){${code}\n})`;
  const name = `${basename(outFile, '.cjs')}-${createHash('sha256').update(process.versions.v8).update(script).digest('hex').slice(0, 16)}`;
  const codeFile = join(folder, `${name}.js`);
  replaceFile(codeFile, script);
  await rehearse(codeFile, rehearsal);
  replaceFile(outFile, launcherOf(name, stamp), 0o755);
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
const { readFileSync, writeFileSync } = require('node:fs');
const [code, compiled, ...args] = process.argv.slice(1);
const script = new (require('node:vm').Script)(readFileSync(code, 'utf8'), { filename: code });
process.on('exit', () => writeFileSync(compiled, script.createCachedData()));
process.argv = [process.argv[0], code, ...args];
script.runInThisContext()(require, module, exports);
`;

async function rehearse(codeFile: string, args: readonly string[]): Promise<void> {
  const folder = dirname(codeFile);
  const compiled = join(folder, `.${randomUUID()}`);
  try {
    // By a Node without flags of its own: what was compiled with others is refused. That the program fails is no matter, as it has nothing to work on.
    const env = { HOME: folder, TMPDIR: tmpdir(), EC_CACHE: 'false' };
    await promisify(execFile)(process.execPath, ['-e', rehearsing, codeFile, compiled, ...args], { env, timeout: 60_000 }).catch(() => undefined);
    // Without it the program starts slower, and that is all.
    await rename(compiled, codeFile.replace(/\.js$/, '.compiled')).catch(() => undefined);
  } finally {
    await rm(compiled, { force: true });
  }
}

async function removeOld(folder: string, program: string, current: string): Promise<void> {
  const ours = new RegExp(`^${program}-[0-9a-f]{16}\\.(js|compiled)$`);
  for (const name of await readdir(folder)) {
    if (!ours.test(name) || name.startsWith(current)) continue;
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < wallClock().getTime() - keptForMs) await rm(join(folder, name), { force: true });
  }
}
