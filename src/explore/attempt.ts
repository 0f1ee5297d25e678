// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge, worst, type Checker, type NamedVerdict, type Verdict } from '../checkers/checker.ts';
import { turnsOf } from './random-schedule.ts';
import { excused, withFailingDisk } from '../checkers/excuses.ts';
import { calmCheckers, isLarge, scheduledCheckers } from './attempt-checkers.ts';
import type { Plan, PlannedExploration } from '../scenario/plan.ts';
import type { Participant, PerformedRun } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { eventsOf } from '../history/event.ts';
import { damageEntries } from './damage.ts';
import type { Expectation } from './expectation.ts';
import type { FilledCaches } from './filled-caches.ts';
import { heldOnDisk } from './held-on-disk.ts';
import { learning, spent } from './spent.ts';
import { isOfReading } from '../faults/gate-action.ts';
import { idOf, type Schedule } from './schedule.ts';
import type { Probe } from './probe.ts';
import { gatesOf } from './schedule-gates.ts';
import { cacheFolderBelow, runOn } from './run-on.ts';
import { storeVerdict } from './stored-attempt.ts';
import { isUsual, type Workload } from './workload.ts';

/** One schedule, forced once. */
export interface Attempt {
  readonly schedule: string;
  readonly verdict: Verdict['verdict'];
  /** Of the run under the schedule, and of the calm run after it. */
  readonly verdicts: readonly (NamedVerdict & { readonly run: 'scheduled' | 'calm' })[];
  readonly folder: string;
  readonly durationMs: number;
  /** Of `durationMs`, the time in which at least one validator was running. */
  readonly validatorMs: number;
  /** Of the validator that had the most resident memory; undefined where the system does not tell. */
  readonly peakRssBytes: number | undefined;
  /** Whether something of the layer whose body was held was on disk; undefined where none was held. */
  readonly isOnDisk: boolean | undefined;
  /** True where somebody ended with an error, as its disk failed, and that is all that its program promises. */
  readonly isTold: boolean;
}

export interface AttemptSettings {
  readonly scenario: ScenarioRun;
  readonly workload: Workload;
  readonly expectation: Expectation;
  readonly probe: Probe;
  /** For schedules that need a cache in which something is. */
  readonly filledCaches: FilledCaches;
  /** Set for the validators besides the usual, such as a planted bug. */
  readonly environment: Readonly<Record<string, string>>;
  /** True for subjects that promise what the safe cache does: a layer is fetched once, trouble with the cache is told and is no reason to fail. */
  readonly isStrict: boolean;
  /** True where the processes are called without a cache: then there is no race, and none may be found. */
  readonly isWithoutCache: boolean;
  /** True: every file call on the cache is recorded, whatever the schedule needs. */
  readonly isTraced?: boolean;
  /** Gates and turns of a stored plan, in place of those that the schedule's name stands for. */
  readonly forced?: Forced;
}

/** What forces a schedule. */
export type Forced = Pick<Plan, 'gates' | 'turns'>;

const someMore = 16;

/** Which attempt of a session this is. */
let attempts = 0;

/**
 * A cold cache, the schedule, a look at everything; then one calm run on the same cache, which has to come out right. Where somebody hung there is none: it
 * would hang as well, or tell of a cache whose process was ended, and a deadline is long.
 */
export async function attempt(schedule: Schedule, settings: AttemptSettings): Promise<Attempt> {
  const { scenario, workload } = settings;
  const startedAt = performance.now();
  const number = (attempts += 1);
  const cache = join(scenario.folders.root, `cache-${number}`);
  const { participants, stranger } = await castOf(schedule, workload);
  const learningMs = stranger === undefined ? 0 : await learning(settings.expectation, stranger);
  const forced = settings.forced ?? forcedBy(schedule, participants, settings);
  const folder = join(scenario.storedFolder, `${String(number).padStart(5, '0')}-${idOf(schedule).replaceAll('/', '-')}`);
  const performed: PerformedRun[] = [];
  const runIn = async (home: string, those: readonly Participant[], { kind, stored }: { readonly kind: 'before' | 'scheduled' | 'calm'; readonly stored: string }): Promise<PerformedRun> => {
    const done = await runOn(home, { scenario, environment: settings.environment, ...(kind === 'scheduled' ? forced : { gates: [] }), meeting: `schedule ${idOf(schedule)}`, participants: those, folder: stored, exploration: plannedExploration(schedule, settings), isTraced: settings.isTraced === true });
    performed.push(done);
    return done;
  };
  const run = async (kind: 'scheduled' | 'calm', those: readonly Participant[]): Promise<PerformedRun> => await runIn(cache, those, { kind, stored: join(folder, kind) });
  const isDamaged = schedule.strategy === 'damaged' || schedule.strategy === 'mending';
  if (isDamaged || schedule.strategy === 'evict-while-reading' || (schedule.strategy === 'disk-fails' && isOfReading(schedule.how))) {
    const alone = async (home: string, participant: Participant, stored: string): Promise<boolean> => {
      const { recorder, results } = await runIn(home, [participant], { kind: 'before', stored });
      recorder.close();
      return results.every(({ ending }) => ending === 'exited');
    };
    const how = schedule.strategy === 'damaged' ? schedule.how : 'truncated';
    const change = isDamaged ? { change: { name: how, make: (home: string) => damageEntries(cacheFolderBelow(home, scenario), how) } } : {};
    await settings.filledCaches.fill(cache, { participants, kind: settings.environment, folder: join(folder, 'before'), run: alone, ...change });
  }
  const scheduled = await run('scheduled', participants);
  await knownOutcomes(scheduled, settings);
  if (isLarge(schedule)) recordLimits(scheduled, settings);
  // Before the calm run: it writes its output to the same places.
  const scheduledVerdicts = await verdictsOf(scheduled, settings, scheduledCheckers(schedule, settings));
  const calmVerdicts = hasHung(scheduled) ? [] : await verdictsOf(await run('calm', schedule.strategy === 'unusual' ? participants : [workload.participants.at(-1) as Participant]), settings, calmCheckers(schedule, settings));
  const verdicts = [...scheduledVerdicts.map((one) => ({ ...one, run: 'scheduled' as const })), ...calmVerdicts.map((one) => ({ ...one, run: 'calm' as const }))];
  rmSync(cache, { recursive: true, force: true });
  const found = { schedule: idOf(schedule), verdict: worst(verdicts), verdicts };
  storeVerdict(folder, found);
  const events = scheduled.recorder.events();
  const { validatorMs, peakRssBytes } = spent(performed);
  return { ...found, folder, durationMs: performance.now() - startedAt, validatorMs: validatorMs + learningMs, peakRssBytes, isOnDisk: heldOnDisk(events), isTold: eventsOf(events, 'outcome-compared').some(({ isTold }) => isTold) };
}

function hasHung({ results }: PerformedRun): boolean {
  return results.some(({ ending }) => ending === 'deadline');
}

/** Nothing is judged before it is known what processes say alone. */
async function knownOutcomes({ recorder }: PerformedRun, { expectation }: AttemptSettings): Promise<void> {
  try {
    await expectation.complete();
  } catch (error) {
    recorder.close();
    throw error;
  }
}

function forcedBy(schedule: Schedule, participants: readonly Participant[], { scenario: { context }, workload, probe }: AttemptSettings): Forced {
  const [names, timeoutMs] = [participants.map(({ name }) => name), context.gateTimeoutMs];
  const gates = gatesOf(schedule, { digest: workload.shared.digest, diffId: workload.shared.diffId, participants: names, ownOf: workload.ownOf, layers: workload.layers, repositories: workload.repositories, timeoutMs, writesBeforeAsking: probe.writesBeforeAsking });
  return schedule.strategy === 'random' ? { gates, turns: turnsOf(schedule, { participants: names, timeoutMs, isTraced: probe.calls !== undefined }) } : { gates };
}

/** All that a replay needs besides the plan of a run itself. */
function plannedExploration(schedule: Schedule, { scenario: { context, subject }, workload, environment, isWithoutCache }: AttemptSettings): PlannedExploration {
  const [program = ''] = context.validator;
  const plantedBug = environment['STAMPEDE_PLANTED_BUG'];
  const isGiven = subject.program.kind === 'given' || program !== process.execPath;
  return {
    schedule: idOf(schedule),
    participants: workload.participants.length,
    ...(plantedBug === undefined ? {} : { plantedBug }),
    ...(isGiven ? { binary: program } : {}),
    ...(isWithoutCache ? { isWithoutCache } : {}),
    ...(context.deadlineMs === undefined ? {} : { deadlineMs: context.deadlineMs }),
    gateTimeoutMs: context.gateTimeoutMs,
    ...(isUsual(workload.shape) ? {} : { workload: workload.shape }),
  };
}

interface Cast {
  readonly participants: readonly Participant[];
  /** Whose outcome alone need not be known yet. */
  readonly stranger?: Participant | undefined;
}

async function castOf(schedule: Schedule, { participants, together, alone, unusual, spare }: Workload): Promise<Cast> {
  switch (schedule.strategy) {
    case 'components-under-way':
    case 'components':
    case 'components-in-turn':
    case 'components-after-failure':
    case 'damaged':
      return { participants: [together ?? (participants[0] as Participant)], stranger: alone.find(({ name }) => name === together?.name) };
    case 'evict-while-reading':
      return { participants: participants.slice(0, 1) };
    case 'late-writer':
      return { participants: [...participants.slice(0, 2), spare.participant], stranger: spare.alone };
    case 'unusual': {
      const participant = (await unusual?.(schedule.which)) ?? participants[0];
      return participant === undefined ? { participants } : { participants: [participant], stranger: participant };
    }
    default:
      return { participants };
  }
}

/** Of memory, as much more as one of its layers has, as most of what runs gives back late; of files and threads, a few. */
function recordLimits({ recorder, settings: { knownLayers }, participants }: PerformedRun, { expectation: { usual } }: AttemptSettings): void {
  const [participant] = participants;
  const kept = new Map(knownLayers.flatMap(({ digest, diffId, compressed, uncompressed }) => [[digest as string, compressed.length] as const, [diffId as string, uncompressed.length] as const]));
  const diskBytes = [...kept.values()].reduce((sum, size) => sum + size, 0);
  recorder.record({
    kind: 'limits-known', participant: participant?.name ?? '', diskBytes,
    rssBytes: (usual.peakRssBytes ?? Number.MAX_SAFE_INTEGER) + Math.max(0, ...kept.values()),
    openFiles: (usual.peakOpenFiles ?? Number.MAX_SAFE_INTEGER) + someMore,
    threads: (usual.peakThreads ?? Number.MAX_SAFE_INTEGER) + someMore,
  });
}

async function verdictsOf(run: PerformedRun, { expectation, isStrict }: AttemptSettings, checkers: readonly Checker[]): Promise<readonly NamedVerdict[]> {
  const struck = excused(run.recorder.events());
  // Who promises no more than not to lie may say that the disk has failed.
  const mayFail = isStrict ? [] : withFailingDisk(run.recorder.events());
  for (const [index, participant] of run.participants.entries()) {
    const result = run.results[index];
    if (result !== undefined && !struck.includes(participant.name)) await expectation.compare(run, participant, result, { mayFail: mayFail.includes(participant.name) });
  }
  const { usualFiles, usualContents } = expectation;
  run.recorder.record({ kind: 'usual-files-known', paths: [...usualFiles], ...(usualContents.length > 0 ? { contents: [...usualContents] } : {}) });
  const history = run.recorder.events();
  run.recorder.close();
  const verdicts = checkers.map((checker) => judge(checker, history));
  writeFileSync(join(run.settings.folder, 'verdicts.json'), `${JSON.stringify(verdicts, null, 2)}\n`);
  return verdicts;
}
