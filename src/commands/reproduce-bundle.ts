// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import type { TerminalReport } from '../report/terminal.ts';
import { caseIn, replay, type Replayed } from '../reproduce/bundle/replay.ts';
import { unpack } from '../reproduce/bundle/unpack.ts';
import { symptomWords } from '../reproduce/report.ts';
import { openBench, type BenchRequest } from './reproduce-bench.ts';
import { rateOf } from './reproduce-words.ts';

export interface BundleOptions {
  readonly file: string;
  /** The user's own, where the bundle is about a program that it can't bring along. */
  readonly subject: string | undefined;
  readonly binary: string | undefined;
  /** True: without the planted bug that the bundle names, to see that it is gone. */
  readonly isFixed: boolean;
  readonly given: BenchRequest['given'];
}

/** Takes a bundle apart in a folder of its own, forces its case again, and says FAILED where it shows, FIXED where it does not any more. */
export async function replayBundle(options: BundleOptions, terminal: TerminalReport, resources: ResourceStack): Promise<number> {
  const place = await mkdtemp(join(tmpdir(), 'stampede-bundle-'));
  resources.defer('bundle', async () => await rm(place, { recursive: true, force: true }));
  const folder = join(place, 'bundle');
  const index = await unpack(options.file, folder);
  const those = await caseIn(folder, index);
  const { report, shown } = index;
  if (report.subject === 'given' && options.subject === undefined) throw new StampedeError('CONFIG_INVALID', 'the bundle is about a subject that is not of this project', { hint: '--subject FILE --binary PATH' });
  const bench = await openBench(
    { subject: options.subject ?? report.subject, binary: options.binary, plantedBug: options.isFixed ? undefined : report.plantedBug, deadlineMs: index.deadlineMs, given: { ...options.given, seed: options.given.seed ?? index.seed, 'gate-timeout': options.given['gate-timeout'] ?? String(index.gateTimeoutMs) } },
    terminal,
    resources,
  );
  terminal.line(`bundle     ${options.file}: ${report.title}`);
  terminal.line(`symptom    ${symptomWords(report.symptom)}`);
  terminal.line(`then       ${rateOf(shown)} under ${those.schedule}`);
  return told(await replay(those, index, bench), terminal);
}

function told({ outcome, count }: Replayed, terminal: TerminalReport): number {
  switch (outcome) {
    case 'failed':
      terminal.line(`FAILED     it shows here, too: ${rateOf(count)}`);
      return ExitStatus.broken;
    case 'fixed':
      terminal.line(`FIXED      it does not show any more: ${rateOf(count)}, each of them forced`);
      return ExitStatus.held;
    case 'unknown':
      terminal.line(`UNKNOWN    it does not show, and ${count.unforced} of ${count.runs} could not be forced as they were`);
      return ExitStatus.unknown;
  }
}
