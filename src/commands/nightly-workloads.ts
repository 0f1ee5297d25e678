// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSettings } from '../config.ts';
import { attempt, type AttemptSettings } from '../explore/attempt.ts';
import { schedulesNamed } from '../explore/schedule.ts';
import type { ResourceStack } from '../foundation/resources.ts';
import type { Campaign, CampaignTarget } from '../nightly/campaign.ts';
import type { Outcome } from '../nightly/make-runs.ts';
import type { SeenWorkload } from '../nightly/plans.ts';
import type { PlannedRun } from '../nightly/store.ts';
import type { TerminalReport } from '../report/terminal.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { loadSubject } from '../validator/subject.ts';
import { openExploration } from './open-exploration.ts';
import { provideValidator } from './provide-validator.ts';

export interface WorkloadsRequest {
  readonly campaign: Campaign;
  /** Where runs are recorded before they are kept or removed. */
  readonly work: string;
  readonly report: TerminalReport;
  readonly resources: ResourceStack;
}

/** The stages of a night: one for each target and number of processes, started when it is first needed. */
export class NightWorkloads {
  readonly #request: WorkloadsRequest;
  readonly #open = new Map<string, Promise<AttemptSettings>>();
  /** Of the night; set before the first stage is started. */
  seed = '';

  constructor(request: WorkloadsRequest) {
    this.#request = request;
  }

  /** Starts all of them, one after the other, and tells what calm runs have shown. */
  async see(): Promise<readonly SeenWorkload[]> {
    const seen: SeenWorkload[] = [];
    for (const target of this.#request.campaign.targets) {
      for (const participants of target.participants) {
        const { probe: { calls, trouble, steps }, workload } = await this.#of(target.name, participants);
        seen.push({ target: target.name, participants, calls, trouble, steps, hasComponents: workload.together !== undefined });
      }
    }
    return seen;
  }

  async perform({ target, participants, schedule }: PlannedRun): Promise<Outcome> {
    const settings = await this.#of(target, participants);
    const [known] = schedulesNamed(schedule, participants, settings.probe.calls);
    if (known === undefined) throw new TypeError(`${schedule} is a schedule`);
    return await attempt(known, settings);
  }

  /** Ends and removes what runs began while their stage was taken down. */
  async sweep(): Promise<void> {
    for (const opening of this.#open.values()) {
      const settings = await opening.catch(() => undefined);
      if (settings === undefined) continue;
      const { ledgerFile, sessionFolder } = settings.scenario.context;
      endLeftovers(ledgerFile);
      await rm(sessionFolder, { recursive: true, force: true });
    }
  }

  async #of(name: string, participants: number): Promise<AttemptSettings> {
    const key = `${name}/${participants}`;
    const opening = this.#open.get(key) ?? this.#start(name, participants);
    this.#open.set(key, opening);
    return await opening;
  }

  async #start(name: string, participants: number): Promise<AttemptSettings> {
    const { campaign, work, report, resources } = this.#request;
    const target = campaign.targets.find((one) => one.name === name);
    if (target === undefined) throw new TypeError(`${name} is a target`);
    const flags = {
      subject: target.subject, seed: this.seed, runs: join(work, `${name}-${participants}`),
      ...(target.binary === undefined ? {} : { binary: target.binary }),
      ...(campaign.deadlineMs === undefined ? {} : { deadline: String(campaign.deadlineMs) }),
      ...(campaign.gateTimeoutMs === undefined ? {} : { gateTimeout: String(campaign.gateTimeoutMs) }),
    };
    // What the environment says is for other commands: a campaign says all of it, or its nights could not be compared.
    return await openExploration({ settings: readSettings(flags, {}), participants, plantedBug: target.plantedBug }, report, resources);
  }
}

/** Which build each target is: as the campaign says, or by its program's bytes. */
export async function buildsOf({ targets }: Pick<Campaign, 'targets'>, root: string): Promise<ReadonlyMap<string, string>> {
  const builds = new Map<string, string>();
  for (const target of targets) builds.set(target.name, target.build ?? (await digestOf(target, root)));
  return builds;
}

async function digestOf({ subject, binary, plantedBug }: CampaignTarget, root: string): Promise<string> {
  const words = await provideValidator(await loadSubject(subject, join(root, 'subjects')), { binary, root, variant: plantedBug === undefined ? 'release' : 'test' });
  const program = binary ?? words[1] ?? words[0] ?? '';
  const digest = createHash('sha256').update(await readFile(program)).digest('hex').slice(0, 12);
  return `sha256-${digest}${plantedBug === undefined ? '' : `-${plantedBug}`}`;
}
