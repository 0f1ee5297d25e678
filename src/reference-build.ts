// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from './foundation/root.ts';

const entryPoints: Readonly<Record<ReferenceProgram, string>> = { validator: 'src/reference/main.ts', 'cache-peer': 'src/reference/cache-peer.ts' };

/** Everything that can end up in the program. */
const sourceFolders = ['src/foundation', 'src/oci', 'src/sigstore', 'src/reference'];
const otherSources = ['package.json', 'package-lock.json', 'src/reference-build.ts'];

export interface BuildReferenceOptions {
  /** Where the program goes; its folder is made when it is not there. */
  readonly outFile: string;
  /** A `test` build can be given a planted bug; default: `release`, which has none in it. */
  readonly variant?: ReferenceVariant;
  /** Default: the validator; the other one does nothing but use its cache. */
  readonly program?: ReferenceProgram;
}

export type ReferenceProgram = 'validator' | 'cache-peer';

export type ReferenceVariant = 'release' | 'test';

/**
 * Makes the reference validator one executable file and returns its path. Does nothing when the file there was
 * built from the same sources; safe to call from several processes at once.
 */
export async function buildReference({ outFile, variant = 'release', program = 'validator' }: BuildReferenceOptions): Promise<string> {
  const stamp = `// ${variant} build of the ${program}, sources sha256:${await fingerprint()}`;
  if (await isBuiltFrom(outFile, stamp)) return outFile;
  const bytes = await bundle(stamp, variant, program);
  await mkdir(dirname(outFile), { recursive: true });
  const temporary = `${outFile}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, bytes, { mode: 0o755 });
    await rename(temporary, outFile);
  } finally {
    await rm(temporary, { force: true });
  }
  return outFile;
}

async function bundle(stamp: string, variant: ReferenceVariant, program: ReferenceProgram): Promise<Uint8Array> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entryPoints[program]],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    // The policy library asks whether it was given a Response: no, and to look at that name would load all of fetch, a tenth of what a run takes.
    define: { TEST_BUILD: String(variant === 'test'), Response: 'Promise' },
    legalComments: 'none',
    logLevel: 'error',
    banner: {
      // Bundled CommonJS packages ask for node's own modules through require.
      js: [
        '#!/usr/bin/env node',
        stamp,
        "import { createRequire as nodeRequire } from 'node:module';",
        'const require = nodeRequire(import.meta.url);',
      ].join('\n'),
    },
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild wrote nothing');
  return file.contents;
}

async function fingerprint(): Promise<string> {
  const listed = await Promise.all(
    sourceFolders.map(async (folder) => {
      const names = await readdir(join(root, folder), { recursive: true });
      return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => join(folder, name));
    }),
  );
  const whole = createHash('sha256');
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
