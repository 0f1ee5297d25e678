// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StampedeError } from '../foundation/errors.ts';
import { liesIn } from '../foundation/lies-in.ts';
import type { PreparedCache } from '../scenario/meeting.ts';
import { layersOf } from '../scenario/meeting-layers.ts';
import { performRun, type Participant } from '../scenario/run.ts';
import type { ScenarioRun } from '../scenario/scenario-run.ts';
import { planOf, settingsOf } from '../scenario/validate.ts';
import { damageEntries } from './damage.ts';
import type { ToldCache } from './words.ts';

/**
 * Empties the scenario's cache and makes it what it is told to be, by the participants' own commands, one after the other: a warm
 * cache is what all of them leave when each is alone, a half-filled one what the last of them leaves, a damaged one is warm
 * before. That it came out so is for a checker to say.
 * @throws StampedeError FOLDER_NOT_WRITABLE for a cache that is somebody else's, such as the user's own
 */
export function preparedCache(scenario: ScenarioRun, told: ToldCache): PreparedCache {
  return {
    state: told.state,
    prepare: async (participants, folder) => {
      const those = runBefore(scenario, told, participants);
      const { cacheFolder } = settingsOf(scenario, participants, folder);
      refuseOthers(scenario, cacheFolder);
      await rm(cacheFolder, { recursive: true, force: true });
      for (const [index, participant] of those.entries()) {
        const plan = { ...planOf(scenario, 'alone'), participants: [participant] };
        const { recorder } = await performRun(plan, [participant], settingsOf(scenario, [participant], join(folder, `before-${index + 1}`)));
        recorder.close();
      }
      if (told.state === 'damaged') damageEntries(cacheFolder, told.how);
    },
  };
}

/** A step may have set XDG_CACHE_HOME. */
function refuseOthers({ folders }: ScenarioRun, cacheFolder: string): void {
  if (liesIn(folders.root, cacheFolder)) return;
  throw new StampedeError('FOLDER_NOT_WRITABLE', `the cache in ${cacheFolder} lies outside the scenario's folder: it is neither emptied nor damaged`, { hint: 'leave XDG_CACHE_HOME as it is' });
}

/** Equal commands leave the same, so that one of them is enough. */
function runBefore({ images }: ScenarioRun, { state }: ToldCache, participants: readonly Participant[]): readonly Participant[] {
  if (state === 'cold') return [];
  if (state !== 'half-filled') return [...new Map(participants.map((one) => [JSON.stringify(one.arguments), one])).values()];
  const last = participants.slice(-1);
  if (layersOf(images, last).length < layersOf(images, participants).length) return last;
  throw new StampedeError('SCHEDULE_INVALID', 'a cache can\'t be half-filled where one reads all that the others read', {
    hint: 'with ${PARTICIPANT} in the name, each of several validators has an image of its own',
  });
}
