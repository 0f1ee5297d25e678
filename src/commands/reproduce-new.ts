// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { reportOf, templateOf } from '../reproduce/report.ts';

export interface Asking {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

type Ask = (question: string, usual?: string) => Promise<string>;

/**
 * Writes a report to be filled in; at a terminal it asks, and writes one that can be used as it is.
 * @throws StampedeError CONFIG_INVALID where the file is there already, or the answers make no report
 */
export async function newReport(file: string, { input, output }: Asking): Promise<number> {
  const text = input.isTTY === true ? await asked({ input, output }) : templateOf();
  await writeFile(file, text, { flag: 'wx' }).catch((cause: unknown) => {
    throw new StampedeError('CONFIG_INVALID', `${file} can't be written, or is there already`, { cause, hint: 'npm run reproduce -- --new --report FILE names another one' });
  });
  output.write(`written    ${file}\nnext       npm run reproduce -- --report ${file}\n`);
  return ExitStatus.held;
}

async function asked({ input, output }: Asking): Promise<string> {
  const lines = createInterface({ input, output });
  const ask: Ask = async (question, usual = '') => {
    const answer = (await lines.question(`${question}${usual === '' ? '' : ` [${usual}]`}: `)).trim();
    return answer === '' ? usual : answer;
  };
  try {
    const report = reportOf(await answers(ask), 'what was answered');
    return `${JSON.stringify(report, null, 2)}\n`;
  } finally {
    lines.close();
  }
}

/** As JSON, which is YAML as well. */
async function answers(ask: Ask): Promise<unknown> {
  const title = await ask('What happens, in one sentence');
  const description = await ask('How it came about, if there is more to say');
  const subject = await ask('Which program: reference, ec, crane, oras, or a subject file', 'reference');
  const binary = subject === 'reference' ? '' : await ask('Path of the program');
  const plantedBug = subject === 'reference' ? await ask('Planted bug, if one is meant') : '';
  const participants = Number(await ask('How many at a time, processes or components', '2'));
  const sharing = await ask('Who shares the cache, validators or components, if it is known');
  const touched = await ask('Had anybody else damaged or removed entries, or was the disk in trouble, yes or no, if it is known');
  return {
    title, subject,
    ...filled({ description, binary, plantedBug }),
    workload: { participants, ...filled({ sharing }), ...(touched.startsWith('n') ? { untouched: true } : {}) },
    symptom: await symptom(ask),
  };
}

async function symptom(ask: Ask): Promise<Readonly<Record<string, unknown>>> {
  const [status, contains] = [await ask('Exit status of a process that goes wrong, if it is another one than usual'), await ask('What its output contains then')];
  const hangs = await ask('Does it hang, yes or no', 'no');
  const said = { ...(status === '' ? {} : { exitStatus: Number(status) }), ...filled({ contains }), ...(hangs.startsWith('y') ? { hangs: true } : {}) };
  return Object.keys(said).length > 0 ? said : { differsFromSerial: true };
}

function filled(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}
