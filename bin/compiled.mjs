// SPDX-License-Identifier: Apache-2.0
// The sources are TypeScript. Loaded one by one, as they are, they take seconds; so they are put together once for each state of
// them, with maps that lead stack traces back, and are loaded from there. What is wrong with types is for `npm run check` to say.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What is loaded by name, besides what is loaded from there. */
const entryFolders = ['steps', 'support'];
const entryPoints = ['src/commands/main.ts', 'src/containers/reaper-program.ts', 'bench/run.ts'];
const sourceFolders = ['src', 'steps', 'support', 'bench'];
const otherSources = ['package.json', 'package-lock.json', 'bin/compiled.mjs'];

/** Packages of many small files that every command loads: one by one they would take longer than all that is ours. */
const putIn = ['yaml', 'zod'];

/** Builds are kept as long as a process that began with one may still run. */
const keptForMs = 7 * 24 * 60 * 60 * 1000;

/**
 * The folder in `dist/app` that has the project as JavaScript, with the same paths. Made when the sources have changed; several
 * processes may make it at once.
 * @param {string} root the project's folder
 * @returns {Promise<string>}
 */
export async function compiled(root) {
  const folder = join(root, 'dist', 'app');
  const target = join(folder, await stateOf(root));
  if (await isThere(target)) return target;
  const unfinished = join(folder, `.${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(unfinished, { recursive: true });
  try {
    await compile(root, unfinished);
    // Whoever was first has made the same.
    await rename(unfinished, target).catch(async (error) => {
      if (!(await isThere(target))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  await removeOld(folder, basename(target));
  return target;
}

async function compile(root, outdir) {
  const { build } = await import('esbuild');
  const listed = await Promise.all(entryFolders.map((folder) => sourcesIn(root, folder)));
  await build({
    absWorkingDir: root,
    entryPoints: [...entryPoints, ...listed.flat()],
    outbase: root,
    outdir,
    bundle: true,
    // What several of them import is there once: it may have state.
    splitting: true,
    external: await others(root),
    banner: {
      // Packages that are put in ask for node's own modules through require.
      js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);",
    },
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'silent',
  });
}

/** All packages but those that are put in. */
async function others(root) {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !putIn.includes(name));
}

/** Names, sizes and times: to read all of it would take as long as to load it. */
async function stateOf(root) {
  const listed = await Promise.all(sourceFolders.map((folder) => sourcesIn(root, folder)));
  const files = [...listed.flat(), ...otherSources].sort();
  const lines = await Promise.all(files.map(async (file) => {
    const { size, mtimeMs } = await stat(join(root, file));
    return `${file} ${size} ${mtimeMs}`;
  }));
  return createHash('sha256').update(`${process.versions.node}\n${lines.join('\n')}`).digest('hex').slice(0, 16);
}

async function sourcesIn(root, folder) {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('.suite.ts') && !basename(name).startsWith('test-')).map((name) => join(folder, name));
}

async function removeOld(folder, current) {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (name !== current && mtimeMs < new Date().getTime() - keptForMs) await rm(path, { recursive: true, force: true });
  }
}

async function isThere(path) {
  return await stat(path).then(() => true, () => false);
}
