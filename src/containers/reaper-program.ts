// SPDX-License-Identifier: Apache-2.0
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { removeProjects } from './clean-up.ts';
import { connectEngine } from './engine.ts';
import { dismissal } from './reaper.ts';
import { tagOf } from './session-tag.ts';

/** The engine may still be creating what it was asked for when the run died: gone is what stays gone for a second. */
const quietRounds = 5;
const roundMs = 200;
const mostRounds = 150;

const [tag = ''] = process.argv.slice(2);
// The run's end is the end of its input, and nothing else.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const said = await text(process.stdin);
if (said.trim() !== dismissal) await reap();

async function reap(): Promise<void> {
  const engine = await connectEngine();
  let quiet = 0;
  for (let round = 0; round < mostRounds && quiet < quietRounds; round += 1) {
    const removed = await removeProjects(engine, (project) => tagOf(project) === tag).catch(() => 1);
    quiet = removed === 0 ? quiet + 1 : 0;
    await pause(roundMs);
  }
}
