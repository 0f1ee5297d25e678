// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { isDiskFull } from '../containers/engine-trouble.ts';
import type { Engine } from '../containers/engine.ts';
import { hasCode, StampedeError } from '../foundation/errors.ts';
import { contentOf, presentImage } from './content.ts';
import { importTar, tryPull } from './engine-build.ts';

/** What the images start from, by version and digest. */
export const pinned = {
  base: 'debian:bookworm-slim@sha256:96e378d7e6531ac9a15ad505478fcc2e69f371b10f5cdf87857c4b8188404716',
  go: 'golang:1.26-bookworm@sha256:116d58cbd88c1297624acc6e967a060012422bacf9930927e23fb719189c6f36',
} as const;

const localBase = 'stampede-base:local';
const suite = 'bookworm';
const packages = 'ca-certificates';

export interface Base {
  readonly image: string;
  /** Where images can't be pulled, programs are built by this machine's own Go. */
  readonly isPulled: boolean;
  readonly how: string;
}

export interface BaseRequest {
  /** `auto`: pulled where that works. `bootstrap`: made from distribution packages. Else an image's name. */
  readonly wanted: string;
  readonly isFresh: boolean;
  readonly say: (line: string) => void;
}

/**
 * Finds the base that the images start from, or makes it.
 * @throws StampedeError TOOL_MISSING, IMAGE_NOT_BUILT, IMAGE_MISSING, DISK_FULL
 */
export async function provideBase(engine: Engine, { wanted, isFresh, say }: BaseRequest): Promise<Base> {
  if (wanted === 'bootstrap') return await bootstrapped(engine, { isFresh, say });
  const image = wanted === 'auto' ? pinned.base : wanted;
  // A base of the user's own says nothing about what else can be pulled.
  if ((await presentImage(engine, image)) !== undefined) return { image, isPulled: wanted === 'auto', how: `${image.split('@')[0]}, which is in the engine` };
  // Whoever could not pull once is not kept waiting again; --fresh asks again.
  if (wanted === 'auto' && !isFresh && (await presentImage(engine, localBase)) !== undefined) return await bootstrapped(engine, { isFresh, say });
  if (await tryPull(engine, image, say)) return { image, isPulled: true, how: `${image.split('@')[0]}, pulled` };
  if (wanted === 'auto') return await bootstrapped(engine, { isFresh, say });
  throw new StampedeError('IMAGE_MISSING', `${image} is not there and can't be pulled`, { hint: 'leave --base out: the base is then made from distribution packages' });
}

/** https://manpages.debian.org/bookworm/mmdebstrap/mmdebstrap.1.en.html */
async function bootstrapped(engine: Engine, { isFresh, say }: Omit<BaseRequest, 'wanted'>): Promise<Base> {
  const content = contentOf([], { suite, packages, architecture: engine.architecture });
  const how = 'made from distribution packages: this machine does not pull';
  if (!isFresh && (await presentImage(engine, localBase))?.content === content) return { image: localBase, isPulled: false, how };
  say(`making ${localBase} from packages of Debian ${suite}, about half a minute`);
  await bootstrapInto(async (tar) => await importTar(engine, tar, { image: localBase, content }));
  return { image: localBase, isPulled: false, how };
}

/**
 * Runs mmdebstrap into `take`, and ends it when that fails: it would wait for ever for somebody to take the rest.
 * @throws StampedeError TOOL_MISSING, IMAGE_NOT_BUILT, or what `take` throws
 */
export async function bootstrapInto(take: (tar: Readable) => Promise<void>): Promise<void> {
  // A group of its own: where its output breaks off, it sends SIGHUP to the whole group that it is in. SIGTERM has to be
  // the first that it hears of: the rm with which it cleans up after a broken output would be ended, too.
  const making = execa('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${packages}`, suite, '-'], { detached: true, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', buffer: { stdout: false }, reject: false });
  const end = (): void => void (making.pid !== undefined && making.exitCode === null && process.kill(-making.pid, 'SIGTERM'));
  process.once('exit', end);
  const taking = take(making.stdout).catch((error: unknown) => {
    end();
    throw error;
  });
  const [made, taken] = await Promise.allSettled([making, taking]);
  process.off('exit', end);
  concludeBase(made.status === 'fulfilled' ? made.value : { failed: true }, taken.status === 'rejected' ? toError(taken.reason) : undefined);
}

interface Made {
  readonly failed: boolean;
  readonly code?: string | undefined;
  /** Undefined where a signal ended it. */
  readonly exitCode?: number | undefined;
  readonly stderr?: string;
}

function concludeBase({ failed, code, exitCode, stderr = '' }: Made, refusal: Error | undefined): void {
  if (code === 'ENOENT') {
    throw new StampedeError('TOOL_MISSING', 'no base image can be pulled, and mmdebstrap is not there to make one', { hint: 'apt-get install mmdebstrap, or name an image that is in the engine with --base' });
  }
  // Of a base that was cut short the engine says less than who cut it.
  if (refusal !== undefined && (!failed || exitCode === undefined || !hasCode(refusal, 'IMAGE_NOT_BUILT'))) throw refusal;
  if (!failed) return;
  const last = stderr.split('\n').slice(-5).join(' ');
  if (isDiskFull(last)) throw new StampedeError('DISK_FULL', `no room to make the base: ${last}`, { cause: refusal, hint: `make room in ${tmpdir()}, or set TMPDIR to a folder with more` });
  throw new StampedeError('IMAGE_NOT_BUILT', `mmdebstrap ended with ${exitCode ?? 'a signal'}: ${last}`, { cause: refusal });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
