// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Engine } from './engine.ts';
import { startRegistry } from '../embedded/registry.ts';

/** A registry on loopback, from which an engine pulls as from any other. */
export interface PullSource {
  /** Puts an image of the engine's there; its name by digest, under which the engine does not have it yet. */
  readonly offer: (image: string) => Promise<string>;
  /** Takes what was pulled out of the engine, too. */
  readonly close: () => Promise<void>;
}

/** @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImagePush */
export async function pullSource({ api }: Engine): Promise<PullSource> {
  const directory = await mkdtemp(join(tmpdir(), 'pull-source-'));
  const registry = await startRegistry({ directory });
  const host = new URL(registry.url).host;
  const offered: string[] = [];
  const offer = async (image: string): Promise<string> => {
    const [repo, tag] = [`${host}/offered/${image.split(':')[0]}`, 'pushed'];
    await api.getImage(image).tag({ repo, tag });
    const said = await text(await api.getImage(`${repo}:${tag}`).push({ authconfig: { username: '', password: '' } }));
    await api.getImage(`${repo}:${tag}`).remove();
    const digest = /sha256:[0-9a-f]{64} size/.exec(said)?.[0].split(' ')[0];
    if (digest === undefined) throw new Error(`not pushed: ${said.slice(-500)}`);
    offered.push(`${repo}@${digest}`);
    return `${repo}@${digest}`;
  };
  const close = async (): Promise<void> => {
    for (const image of offered) await api.getImage(image).remove().catch(() => undefined);
    await registry.close();
    await rm(directory, { recursive: true });
  };
  return { offer, close };
}
