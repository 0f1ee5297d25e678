// SPDX-License-Identifier: Apache-2.0
import { describeError, ExitStatus, exitStatusOf } from '../foundation/errors.ts';

type Command = (argv: readonly string[]) => Promise<number>;

/** Loaded on demand: nobody waits for Cucumber to start a stage. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  acceptance: async () => (await import('./acceptance.ts')).acceptanceCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  stage: async () => (await import('./stage.ts')).stageCommand,
  images: async () => (await import('./images.ts')).imagesCommand,
  reference: async () => (await import('./reference.ts')).referenceCommand,
  explore: async () => (await import('./explore.ts')).exploreCommand,
  reproduce: async () => (await import('./reproduce.ts')).reproduceCommand,
  corpus: async () => (await import('./corpus.ts')).corpusCommand,
  stress: async () => (await import('./stress.ts')).stressCommand,
  bisect: async () => (await import('./bisect.ts')).bisectCommand,
  replay: async () => (await import('./replay.ts')).replayCommand,
  recheck: async () => (await import('./recheck.ts')).recheckCommand,
  runs: async () => (await import('./runs.ts')).runsCommand,
  matrix: async () => (await import('./matrix.ts')).matrixCommand,
  nightly: async () => (await import('./nightly.ts')).nightlyCommand,
  picture: async () => (await import('./picture.ts')).pictureCommand,
  'crash-cache': async () => (await import('./crash-cache.ts')).crashCacheCommand,
  conformance: async () => (await import('./conformance.ts')).conformanceCommand,
  bench: async () => (await import('../../bench/run.ts')).bench,
  'import-snapshots': async () => (await import('./import-snapshots.ts')).importSnapshotsCommand,
  policies: async () => (await import('./policies.ts')).policiesCommand,
  schemas: async () => (await import('./schemas.ts')).schemasCommand,
};

const usage = `stampede <command> [options]

  acceptance   run the features against a validator       npm run acceptance -- --help
  doctor       say what will work on this machine         npm run doctor -- --help
  stage        start the services and wait for Ctrl-C     npm run stage -- --help
  images       make the container images                  npm run images:build -- --help
  reference    run the reference validator, which can be   npm run reference -- --list-planted-bugs
               given a known bug
  explore      force every schedule in turn               npm run explore -- --help
  reproduce    from an issue report to a schedule          npm run reproduce -- --help
  corpus       public reports, each reproduced             npm run corpus -- --help
  stress       a command many times in parallel           npm run stress -- --help
  bisect       the first build that shows a report         npm run bisect -- --help
  replay       whether a stored failure still shows        npm run replay -- --help
  recheck      judge a stored history again                npm run recheck -- --help
  runs         list and open what is stored                npm run runs -- --help
  matrix       known bugs x schedules, and the safe cache npm run matrix -- --help
  nightly      run a campaign, keep what comes of it       npm run nightly -- --help
  picture      draw a stored run as a timeline            npm run picture -- --help
  crash-cache  kill what fills a cache, at many points    npm run crash:cache -- --help
  conformance  have the embedded services judged           npm run conformance:registry -- --help
  bench        print figures of this machine              npm run bench
  import-snapshots  take over snapshots of go-snaps       npm run snapshots:import -- --help
  policies     compile the example policies with opa      npm run policies:build -- --help
  schemas      publish what stored runs look like         npm run schemas:build -- --help

exit status: 0 held, 1 broken, 2 usage, 3 unknown, 4 harness failure
`;

/** Runs one command; every error ends here, as one clear message and an exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(usage);
    return name === undefined ? ExitStatus.usage : ExitStatus.held;
  }
  const load = commands[name];
  if (load === undefined) {
    process.stderr.write(`CONFIG_INVALID: no command named ${name}\n\n${usage}`);
    return ExitStatus.usage;
  }
  try {
    const command = await load();
    return await command(rest);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    return exitStatusOf(error);
  }
}
