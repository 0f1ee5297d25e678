// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readComposeFile } from '../containers/compose-file.ts';
import { connectEngine } from '../containers/engine.ts';
import { monotonicMs } from '../foundation/clock.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { root } from '../foundation/root.ts';
import { buildImages } from '../images/build-images.ts';
import { seconds } from '../report/terminal.ts';
import { onInterruption } from './interrupt.ts';

const usage = `npm run images:build -- [--base auto|bootstrap|IMAGE] [--fresh] [--compose-file FILE]

Makes the container images of the compose file. Where base images can be pulled they are, pinned by digest; where not,
the base is made from Debian's packages with mmdebstrap, and programs are built by the Go of this machine.
What has not changed is not built again.

  --base          auto (default): as above; bootstrap: do not even try to pull; or an image to start from
  --fresh         build everything again, with newest packages
`;

/** Makes the images and says what was done in which way. */
export async function imagesCommand(argv: readonly string[]): Promise<number> {
  const { help, base, fresh, composeFile } = parse(argv);
  if (help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const startedAt = monotonicMs();
  // What is being made ends with the process.
  const stopListening = onInterruption(async () => await Promise.resolve());
  const say = (line: string): void => void process.stdout.write(`  ${line}\n`);
  const { definitions } = readComposeFile(composeFile === undefined ? join(root, 'docker-compose.yml') : resolve(composeFile), process.env);
  const engine = await connectEngine();
  process.stdout.write(`images for ${engine.description}\n`);
  let built = 0;
  await buildImages(engine, {
    folder: join(root, 'images'),
    definitions,
    base: base ?? 'auto',
    isFresh: fresh === true,
    say,
    done(image, { wasBuilt, durationMs }) {
      built += wasBuilt ? 1 : 0;
      say(`${image} ${wasBuilt ? `built in ${seconds(durationMs)}` : 'is up to date'}`);
    },
  });
  stopListening();
  process.stdout.write(`${built} built, ${definitions.length + 1 - built} up to date, ${seconds(monotonicMs() - startedAt)}\n`);
  return ExitStatus.held;
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { base: { type: 'string' }, fresh: { type: 'boolean' }, 'compose-file': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    return { ...values, composeFile: values['compose-file'] };
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run images:build -- --help' });
  }
}
