// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compareLogs } from '../conformance/rekor-answers.ts';
import { judgeByClients } from '../conformance/rekor-clients.ts';
import { freshMaterial, questions } from '../conformance/rekor-questions.ts';
import { judgeByRecord, recordAnswers, recordedAnswers } from '../conformance/rekor-recorded.ts';
import { addTallies, tallyLine, type Tally } from '../conformance/tally.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import { freshSeed } from '../foundation/seed.ts';
import { findTool } from '../foundation/tools.ts';
import { embeddedLauncher } from '../stage/embedded-launcher.ts';
import { openSession, sweepSessions } from '../stage/session.ts';
import { endLeftovers } from '../validator/leftovers.ts';

export interface RekorRequest {
  /** Of a real log to compare with, one question after the other. */
  readonly against: string | undefined;
  /** File that gets what the real log answers. */
  readonly record: string | undefined;
}

/** Puts the embedded log before what a real one answered, before a real one that runs, and before the real clients. */
export async function rekorTally({ against, record }: RekorRequest, resources: ResourceStack): Promise<Tally> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await sweepSessions({ endLeftovers });
  const session = resources.own('session', await openSession());
  const place = async (name: string): Promise<string> => {
    await mkdir(join(session.directory, name));
    return join(session.directory, name);
  };
  const rekor = resources.own('rekor', await embeddedLauncher.start('rekor', { directory: await place('rekor'), port: 0 }));
  const registry = resources.own('registry', await embeddedLauncher.start('registry', { directory: await place('registry'), port: 0 }));
  const parts: Tally[] = [];
  const part = (name: string, tally: Tally): void => {
    parts.push(tally);
    say(`${name}: ${tallyLine(tally)}`);
  };
  if (record !== undefined && against !== undefined) await writeFile(resolve(record), `${JSON.stringify(await recordAnswers(against, against, questions(freshMaterial(freshSeed()))), null, 1)}\n`);
  const recorded = recordedAnswers();
  part(`answers as of ${recorded.server}`, await judgeByRecord(rekor.url, questions(freshMaterial(freshSeed())), recorded));
  if (against !== undefined) part(`answers as of ${against}`, await difference(rekor.url, against));
  const programs = { rekorCli: findTool('rekor-cli'), cosign: findTool('cosign') };
  part('clients (rekor-cli, cosign)', await judgeByClients({ rekorUrl: rekor.url, rekorPublicKeyFile: rekor.trustFile ?? '', registryUrl: registry.url, folder: await place('clients'), ...programs }));
  return addTallies(parts);
}

async function difference(url: string, against: string): Promise<Tally> {
  const asked = questions(freshMaterial(freshSeed()));
  const failures = (await compareLogs(url, against, asked)).map(({ question, one, other }) => `${question}: ${JSON.stringify(one)} instead of ${JSON.stringify(other)}`);
  return { passed: asked.length - failures.length, failed: failures.length, skipped: 0, failures };
}
