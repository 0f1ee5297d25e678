// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { goProgram } from '../conformance/go-program.ts';
import { conformanceProgram, judgeRegistry } from '../conformance/registry-program.ts';
import { statusOfTally, tallyLine, type Tally } from '../conformance/tally.ts';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import { root } from '../foundation/root.ts';
import { embeddedLauncher } from '../stage/embedded-launcher.ts';
import { readRegistryPass, type RegistryManners } from '../stage/registry-security.ts';
import { openSession, sweepSessions } from '../stage/session.ts';
import { endLeftovers } from '../validator/leftovers.ts';
import { rekorTally, type RekorRequest } from './conformance-rekor.ts';
import { onInterruption } from './interrupt.ts';

const mostFailuresShown = 30;
const usage = `npm run conformance:registry -- [--url URL] [--auth basic|token] [--tls] [--set NAME=VALUE ...] [--results DIR]

Puts the embedded registry, or the one at URL, before the distribution specification's own program, with that one's
settings for version 1.1, and prints how many tests passed, failed and were skipped.

  --auth basic|token the embedded registry asks for a password, each time or for a token
  --tls              it speaks https, with an authority of its own
  --set NAME=VALUE   a setting of the program, without its OCI_: DATA_SHA512=false
  --results DIR      keeps the program's reports there (junit.xml, report.html, results.yaml)

The program comes from STAMPEDE_TOOLS, or is built by Go.

npm run conformance:rekor -- [--against URL]

Puts the embedded log before what a real Rekor answered to the same requests, and before the real rekor-cli and cosign;
what needs one of these is skipped where it is not there.

  --against URL      asks this log, too, and compares answer by answer: one of npm run stage -- --stage containers
  --record FILE      stores what that log answers
`;

const options = {
  url: { type: 'string' },
  set: { type: 'string', multiple: true },
  results: { type: 'string' },
  auth: { type: 'string' },
  tls: { type: 'boolean' },
  against: { type: 'string' },
  record: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `conformance`: 0 when something passed and nothing failed, 1 when something failed, 3 when nothing was judged. */
export async function conformanceCommand([what, ...argv]: readonly string[]): Promise<number> {
  const judge = judges[what ?? ''];
  if (judge === undefined) throw new StampedeError('CONFIG_INVALID', `there is nothing to judge named ${what ?? 'nothing'}`, { hint: `npm run ${Object.keys(judges).map((name) => `conformance:${name}`).join(' or npm run ')}` });
  const { help, ...asked } = parse(argv);
  if (help) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const resources = new ResourceStack();
  const stopListening = onInterruption(async () => await resources[Symbol.asyncDispose]());
  try {
    return conclude(await judge(asked, resources));
  } finally {
    stopListening();
    await resources[Symbol.asyncDispose]();
  }
}

interface Asked extends RekorRequest {
  readonly url: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly results: string | undefined;
  readonly manners: RegistryManners;
}

const judges: Readonly<Record<string, (asked: Asked, resources: ResourceStack) => Promise<Tally>>> = { registry: registryTally, rekor: rekorTally };

async function registryTally({ url, settings, results, manners }: Asked, resources: ResourceStack): Promise<Tally> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const program = await goProgram(conformanceProgram, { folder: join(root, 'dist', 'tools'), say });
  await sweepSessions({ endLeftovers });
  const session = resources.own('session', await openSession());
  const embedded = url === undefined ? resources.own('registry', await embeddedLauncher.start('registry', { directory: join(session.directory, 'registry'), port: 0, manners })) : undefined;
  const how = [...(manners.auth === 'none' ? [] : [`${manners.auth} authentication`]), ...(manners.tls ? ['https'] : [])].join(', ');
  say(`distribution specification 1.1, ${conformanceProgram.module.slice(conformanceProgram.module.lastIndexOf('/') + 1)}, ${url ?? 'the embedded registry'}${how === '' ? '' : ` (${how})`}`);
  const login = readRegistryPass(embedded?.secrets);
  const authorityFile = embedded?.secrets?.tls?.authorityFile;
  return await judgeRegistry({ program, url: embedded?.url ?? url ?? '', results: results ?? join(session.directory, 'results'), settings, authorityFile, ...(login === undefined ? {} : { login }) });
}

function conclude(tally: Tally): number {
  for (const failure of tally.failures.slice(0, mostFailuresShown)) process.stdout.write(`failed: ${failure}\n`);
  if (tally.failures.length > mostFailuresShown) process.stdout.write(`... and ${tally.failures.length - mostFailuresShown} more\n`);
  process.stdout.write(`${tallyLine(tally)}\n`);
  return statusOfTally(tally);
}

function parse(argv: readonly string[]): Asked & { readonly help: boolean } {
  try {
    const { values } = parseArgs({ args: [...argv], options });
    const { url, against, record } = values;
    const bad = [url, against].find((each) => each !== undefined && !/^https?:\/\/[^/]+$/.test(each));
    if (bad !== undefined) throw new Error(`an address is wanted, such as http://127.0.0.1:5000, not ${bad}`);
    if (record !== undefined && against === undefined) throw new Error('--record goes with --against');
    const manners = mannersIn(values);
    if (url !== undefined && (manners.auth !== 'none' || manners.tls)) throw new Error('--auth and --tls are for the embedded registry');
    const results = values.results === undefined ? undefined : resolve(values.results);
    return { help: values.help === true, manners, url, against, record, settings: Object.fromEntries((values.set ?? []).map(settingOf)), results };
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), { hint: 'npm run conformance:registry -- --help' });
  }
}

function mannersIn({ auth = 'none', tls = false }: { readonly auth?: string | undefined; readonly tls?: boolean | undefined }): RegistryManners {
  if (auth === 'none' || auth === 'basic' || auth === 'token') return { auth, tls };
  throw new Error(`--auth is basic or token, not ${auth}`);
}

function settingOf(text: string): readonly [string, string] {
  const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error(`--set is NAME=VALUE, such as DATA_SHA512=false, not ${text}`);
  return [name, value];
}
