// SPDX-License-Identifier: Apache-2.0
import { execa } from 'execa';
import type { Engine } from '../containers/engine.ts';
import { StampedeError } from '../foundation/errors.ts';
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
 * @throws StampedeError TOOL_MISSING, IMAGE_NOT_BUILT, IMAGE_MISSING
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
  const making = execa('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${packages}`, suite, '-'], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', buffer: { stdout: false }, reject: false });
  const [result] = await Promise.allSettled([making, importTar(engine, making.readable(), { image: localBase, content })]);
  if (result.status === 'fulfilled' && !result.value.failed) return { image: localBase, isPulled: false, how };
  const ended = result.status === 'fulfilled' ? result.value : undefined;
  if (ended?.code === 'ENOENT') {
    throw new StampedeError('TOOL_MISSING', "no base image can be pulled, and mmdebstrap is not there to make one", { hint: 'apt-get install mmdebstrap, or name an image that is in the engine with --base' });
  }
  throw new StampedeError('IMAGE_NOT_BUILT', `mmdebstrap ended with ${ended?.exitCode ?? 'an error'}: ${(ended?.stderr ?? '').split('\n').slice(-5).join(' ')}`, { cause: result.status === 'rejected' ? result.reason : undefined });
}
