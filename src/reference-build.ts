// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeProgram } from './compiled-program.ts';
import { root } from './foundation/root.ts';

const entryPoints: Readonly<Record<ReferenceProgram, string>> = { validator: 'src/reference/main.ts', 'cache-peer': 'src/reference/cache-peer.ts' };

/** Ends where it finds no key: by then all that a run needs is loaded, which is most of what is to be compiled. */
const rehearsals: Readonly<Record<ReferenceProgram, readonly string[]>> = {
  validator: ['validate', 'image', '--image', `127.0.0.1:1/rehearsal@sha256:${'0'.repeat(64)}`, '--policy', '{"sources":[]}', '--ignore-rekor', '--output', 'json'],
  'cache-peer': [],
};

/** Everything that can end up in the program, besides Node, which compiles it. */
const sourceFolders = ['src/foundation', 'src/oci', 'src/sigstore', 'src/reference'];
const otherSources = ['package.json', 'package-lock.json', 'src/reference-build.ts', 'src/compiled-program.ts'];

export interface BuildReferenceOptions {
  /** Where the program goes, ending in .cjs; its folder is made when it is not there. */
  readonly outFile: string;
  /** A `test` build can be given a planted bug; default: `release`, which has none in it. */
  readonly variant?: ReferenceVariant;
  /** Default: the validator; the other one does nothing but use its cache. */
  readonly program?: ReferenceProgram;
}

export type ReferenceProgram = 'validator' | 'cache-peer';

export type ReferenceVariant = 'release' | 'test';

/**
 * Makes the reference validator an executable file, with its code beside it, and returns its path. Does nothing when the file there
 * was built from the same sources; safe to call from several processes at once.
 */
export async function buildReference({ outFile, variant = 'release', program = 'validator' }: BuildReferenceOptions): Promise<string> {
  const stamp = `// ${variant} build of the ${program}, sources sha256:${await fingerprint()}`;
  if (await isBuiltFrom(outFile, stamp)) return outFile;
  await writeProgram(outFile, { code: await bundle(program, variant), rehearsal: rehearsals[program] }, stamp);
  return outFile;
}

async function bundle(program: ReferenceProgram, variant: ReferenceVariant): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entryPoints[program]],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // There is nobody to ask for a module later.
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
    // The policy library asks whether it was given a Response: no, and to look at that name would load all of fetch, a tenth of what a run takes.
    define: { TEST_BUILD: String(variant === 'test'), Response: 'Promise' },
    legalComments: 'none',
    logLevel: 'error',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild wrote nothing');
  return file.text;
}

async function fingerprint(): Promise<string> {
  const listed = await Promise.all(
    sourceFolders.map(async (folder) => {
      const names = await readdir(join(root, folder), { recursive: true });
      return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => join(folder, name));
    }),
  );
  const whole = createHash('sha256').update(process.versions.v8);
  // One after the other: a process may have few files open at a time.
  for (const file of [...listed.flat(), ...otherSources].sort()) {
    whole.update(`${file} ${createHash('sha256').update(await readFile(join(root, file))).digest('hex')}\n`);
  }
  return whole.digest('hex');
}

async function isBuiltFrom(outFile: string, stamp: string): Promise<boolean> {
  const file = await open(outFile).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('utf8', 0, bytesRead).split('\n')[1] === stamp;
  } finally {
    await file.close();
  }
}
