// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kebab, readSettings, searchPath, type Settings } from '../config.ts';
import { missing, ofSubject, outlookOf, undertakings, type Check } from '../doctor/check.ts';
import { coresCheck, filesCheck, memoryCheck, nodeCheck, processesCheck, storeCheck, temporaryCheck } from '../doctor/machine.ts';
import { fileCallsCheck, idlenessCheck } from '../doctor/observation.ts';
import { conftestCheck, containerChecks, externalChecks, gitCheck, loopbackCheck } from '../doctor/services.ts';
import { validatorCheck } from '../doctor/validator.ts';
import { ExitStatus, exitStatusOf, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { openSession, type Session } from '../stage/session.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { loadSubject, type Subject } from '../validator/subject.ts';
import { toldToPeople, toldToPrograms } from './doctor-report.ts';
import { interruptible } from './interrupt.ts';
import { provideValidator } from './provide-validator.ts';
import { openLauncher } from './stage-launcher.ts';

const usage = `npm run doctor -- [options]

Says what this machine has, what will work on it, and which verdicts would be unknown, and why. Nothing stays of it.

  --subject NAME|FILE  --binary PATH   the validator, as for acceptance; default: reference
  --stage NAME           embedded (default), containers, or external, with the addresses that acceptance takes
  --compose-file FILE  --runs DIR      as for acceptance
  --json                 for programs

exit status: 0 acceptance works here with that validator and stage, 3 it does, but some verdicts would be unknown,
             4 it does not, 2 usage: no such subject, or its program can't be run
`;

interface Found {
  readonly checks: readonly Check[];
  /** What is wrong with what the user gave, if anything. */
  readonly usageStatus: number | undefined;
}

/** `doctor`: looks, tells, and leaves everything as it was. */
export async function doctorCommand(argv: readonly string[]): Promise<number> {
  const { help, json, ...given } = parse(argv);
  if (help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const settings = readSettings(given);
  const subject = await loadSubject(settings.subject, join(root, 'subjects'));
  const resources = new ResourceStack();
  const release = async (): Promise<void> => await resources[Symbol.asyncDispose]();
  return await interruptible(release, async () => {
    const { checks, usageStatus } = await examine(settings, subject, resources).finally(release);
    const outlooks = outlookOf(checks);
    const wanted = outlooks.find(({ undertaking }) => undertaking === (settings.stage === 'containers' ? 'acceptance:containers' : 'acceptance'));
    const status = usageStatus ?? { works: ExitStatus.held, 'in part': ExitStatus.unknown, 'does not work': ExitStatus.harness }[wanted?.state ?? 'works'];
    process.stdout.write(json === true ? toldToPrograms(checks, outlooks, status) : toldToPeople(checks, outlooks, process.stdout));
    return status;
  });
}

/** All at once: each waits for something else. */
async function examine(settings: Settings, subject: Subject, resources: ResourceStack): Promise<Found> {
  const session = await openSession().catch((error: unknown) => missing('temporary files', error, { means: 'nothing can be run', stops: undertakings }));
  if ('state' in session) return { checks: [nodeCheck(), session], usageStatus: undefined };
  resources.own('session', session);
  resources.defer('validators', () => void endLeftovers(session.ledgerFile));
  const composeFile = settings.composeFile ?? join(root, 'docker-compose.yml');
  const [validator, git, loopback, fileCalls, containers, external, conftest, temporary] = await Promise.all([
    examineValidator(settings, subject, session),
    gitCheck(),
    loopbackCheck(),
    fileCallsCheck(session.directory),
    containerChecks({ composeFile, environment: process.env }),
    settings.stage === 'external' ? externalOf(settings, session, resources) : [],
    conftestCheck(),
    temporaryCheck(session.directory),
  ]);
  const machine = [temporary, storeCheck(settings.runs ?? join(root, 'runs')), filesCheck(), processesCheck(), coresCheck(), memoryCheck()];
  return { checks: [nodeCheck(), ...validator.checks, git, loopback, ...machine, fileCalls, idlenessCheck(), ...containers, ...external, conftest], usageStatus: validator.usageStatus };
}

async function examineValidator({ binary }: Settings, subject: Subject, { directory, ledgerFile }: Session): Promise<Found> {
  try {
    const validator = await provideValidator(subject, { binary, root });
    return { checks: [await validatorCheck({ subject, validator, folder: directory, ledgerFile, searchPath: searchPath() })], usageStatus: undefined };
  } catch (error) {
    const isUsage = error instanceof StampedeError && exitStatusOf(error) === ExitStatus.usage;
    return { checks: [missing('validator', error, { means: 'there is nothing to judge', stops: ofSubject })], usageStatus: isUsage ? ExitStatus.usage : undefined };
  }
}

async function externalOf(settings: Settings, { directory }: Session, resources: ResourceStack): Promise<readonly Check[]> {
  const launcher = await openLauncher({ settings, root, resources, say: () => undefined });
  return await externalChecks(launcher, join(directory, 'external'));
}

const taken = ['stage', 'composeFile', 'registryUrl', 'rekorUrl', 'gitUrl', 'gitCertificate', 'subject', 'binary', 'runs'] as const;

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        ...Object.fromEntries(taken.map((name) => [kebab(name), { type: 'string' } as const])),
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const flags: Readonly<Record<string, string | boolean | undefined>> = values;
    return { help: flags['help'], json: flags['json'], ...Object.fromEntries(taken.flatMap((name) => (flags[kebab(name)] === undefined ? [] : [[name, flags[kebab(name)] as string]]))) };
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run doctor -- --help' });
  }
}
