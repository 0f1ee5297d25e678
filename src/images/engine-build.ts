// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { packTar } from 'modern-tar';
import { engineTrouble } from '../containers/engine-trouble.ts';
import type { Engine } from '../containers/engine.ts';
import { StampedeError } from '../foundation/errors.ts';
import { contentLabel, type ContextFile } from './content.ts';

export interface BuildPlan {
  readonly image: string;
  readonly dockerfile: string;
  readonly files: readonly ContextFile[];
  readonly arguments: Readonly<Record<string, string>>;
  readonly content: string;
  /** Nothing that an earlier build left is used. */
  readonly isFresh: boolean;
}

interface Message {
  readonly stream?: string;
  readonly error?: string;
}

/**
 * Has the engine build an image from files that are sent to it.
 * @throws StampedeError IMAGE_NOT_BUILT with the last lines of the build; DISK_FULL, ENGINE_MISSING
 */
export async function buildInEngine({ api }: Engine, plan: BuildPlan): Promise<void> {
  const entries = plan.files.map(({ path, bytes, isExecutable }) => ({ header: { name: path, size: bytes.length, mode: isExecutable ? 0o755 : 0o644, mtime: new Date(0) }, body: bytes }));
  const context = Readable.from([Buffer.from(await packTar(entries))]);
  const lines: string[] = [];
  try {
    const stream = await api.buildImage(context, {
      t: plan.image,
      dockerfile: plan.dockerfile,
      buildargs: { ...plan.arguments },
      labels: { [contentLabel]: plan.content },
      nocache: plan.isFresh,
      forcerm: true,
    });
    await follow(stream, ({ stream: said, error }) => void lines.push(...(error ?? said ?? '').split('\n').filter((line) => line.trim() !== '')));
  } catch (cause) {
    throw notBuilt(plan.image, cause, lines);
  }
}

/** Pulls an image; false where that fails, with the reason said. */
export async function tryPull({ api }: Engine, image: string, say: (line: string) => void): Promise<boolean> {
  try {
    await follow(await api.pull(image));
    return true;
  } catch (error) {
    say(`can't pull ${image.split('@')[0]}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** Takes over a tar of a whole file system, or of a part of one, as an image of one layer. Where that fails, nobody reads on. */
export async function importTar({ api }: Engine, tar: Readable, { image, content }: { readonly image: string; readonly content: string }): Promise<void> {
  const [repo = '', tag = ''] = image.split(':');
  try {
    const stream = await api.importImage(tar, { repo, tag, changes: `LABEL ${contentLabel}=${content}` });
    await follow(stream);
    // Podman 4 takes it in as `latest`, whatever the tag was to be.
    const isTagged = await api.getImage(image).inspect().then(() => true, () => false);
    if (isTagged) return;
    await api.getImage(repo).tag({ repo, tag });
    await api.getImage(`${repo}:latest`).remove();
  } catch (cause) {
    throw notBuilt(image, cause, []);
  }
}

/** The engine answers 200 and tells of failures later, in a document of their own. */
async function follow(stream: NodeJS.ReadableStream, take: (message: Message) => void = () => undefined): Promise<void> {
  for await (const line of createInterface({ input: stream })) {
    if (line.trim() === '') continue;
    const message = JSON.parse(line) as Message;
    take(message);
    if (message.error !== undefined) throw new Error(message.error);
  }
}

function notBuilt(image: string, cause: unknown, lines: readonly string[]): StampedeError {
  const trouble = engineTrouble(image, cause, lines.slice(-20));
  if (trouble.code !== 'SERVICE_START_FAILED') return trouble;
  const tail = lines.slice(-20).map((line) => `    ${line}`).join('\n');
  return new StampedeError('IMAGE_NOT_BUILT', `${image} was not built${tail === '' ? '' : `; the last lines of its build:\n${tail}`}`, {
    cause,
    hint: 'images/ has the container file of each image; a base of your own goes in with --base NAME',
  });
}
