// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../foundation/root.ts';
import type { Settings } from '../config.ts';
import { tracingTrouble } from '../tracing/tracing.ts';
import { digestOf } from '../oci/digest.ts';
import type { TerminalReport } from '../report/terminal.ts';
import { timelinePage } from '../report/timeline.ts';
import { again } from '../reproduce/again.ts';
import { pack } from '../reproduce/bundle/pack.ts';
import { redactedEnvironment, redactor } from '../reproduce/bundle/redact.ts';
import type { Bench } from '../reproduce/case.ts';
import { explanationOf } from '../reproduce/explain.ts';
import { issueText } from '../reproduce/issue-text.ts';
import type { Pursuit } from '../reproduce/pursue.ts';
import { asTyped, pictureFor } from './draw-timeline.ts';
import { readStoredRuns } from './stored-runs.ts';

export interface EvidenceRequest {
  readonly pursuit: Pursuit;
  readonly bench: Bench;
  /** Where the bundle goes. */
  readonly file: string;
  readonly binary: Settings['binary'];
  readonly terminal: TerminalReport;
}

/** Words, picture and bundle of what was reproduced and made smaller. */
export async function tellOfEvidence({ pursuit, bench, file, binary, terminal }: EvidenceRequest): Promise<void> {
  const folder = await shownIn(pursuit);
  const { report, reproduction, shrunk } = pursuit;
  if (folder === undefined || reproduction === undefined || shrunk === undefined) return;
  const runs = await readStoredRuns(folder);
  const explanation = explanationOf(runs);
  const line = `npm run reproduce -- --bundle ${basename(file)}`;
  terminal.line(`why        ${explanation}`);
  terminal.line(`picture    ${await pictureFor(folder, { again: line, failure: undefined })}`);
  const redact = redactor({ project: root, session: bench.context.sessionFolder });
  const { context, environment } = bench;
  const versions = versionsOf(report.plantedBug, bench, binary);
  const issue = issueText({ report, smallest: shrunk.smallest, shown: shrunk.stability, runs, explanation, again: line, versions, system: system() });
  await writeFile(join(folder, 'issue.md'), redact(issue));
  const { participants, shape, schedule } = shrunk.smallest;
  const packed = await pack(file, {
    folder,
    redact,
    index: {
      report, smallest: { participants, schedule, ...shape, flags: [...shape.flags] }, cause: reproduction.cause, shown: { hits: shrunk.stability.hits, runs: shrunk.stability.runs },
      seed: context.seed, gateTimeoutMs: context.gateTimeoutMs, deadlineMs: context.deadlineMs ?? bench.subject.deadlineMs,
    },
    documents: {
      'issue.md': issue,
      'explanation.txt': `${explanation}\n`,
      'report.html': timelinePage({ runs, again: line, failure: undefined }),
      'versions.json': asJson({ ...versions, ...system() }),
      'environment.json': asJson(redactedEnvironment({ ...pursuit.open.settings.scenario.usualEnvironment, ...bench.subject.environment, ...environment }, redact)),
    },
  });
  terminal.line(`issue      ${asTyped(join(folder, 'issue.md'))}`);
  terminal.line(`bundle     ${asTyped(file)}: ${packed.files} files in ${Math.ceil(packed.bytes / 1024)} KiB`);
  terminal.line(`again      npm run reproduce -- --bundle ${asTyped(file)}`);
}

/** One more attempt of the smallest with every file call in its history, where calls can be seen and it shows the same; else the last that has shown it. */
async function shownIn({ reproduction, shrunk, report: { symptom } }: Pursuit): Promise<string | undefined> {
  if (reproduction === undefined || shrunk === undefined) return undefined;
  const { smallest, open, stability } = shrunk;
  if (tracingTrouble() !== undefined) return stability.shown?.folder;
  const traced = await again(smallest, { symptom, cause: reproduction.cause }, { ...open.settings, isTraced: true }, { runs: 1 });
  return (traced.shown ?? stability.shown)?.folder;
}

function versionsOf(plantedBug: string | undefined, { subject, context }: Bench, binary: string | undefined): Readonly<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const validator = plantedBug === undefined ? subject.name : `${subject.name} with the planted bug ${plantedBug}`;
  return {
    validator,
    ...(binary === undefined ? {} : { program: `${basename(binary)}, ${digestOf(readFileSync(binary))}` }),
    stampede: version,
    stage: context.addresses.launcher,
    node: process.versions.node,
  };
}

function system(): Readonly<Record<string, string>> {
  return { system: `${type()} ${release()} ${arch()}`, cores: String(cpus().length), memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`, 'file calls': tracingTrouble() ?? 'can be seen and held' };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
