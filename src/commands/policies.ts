// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ExitStatus, StampedeError } from '../foundation/errors.ts';
import { buildPolicies } from '../policies/build.ts';

const usage = `npm run policies:build -- [DIR] [--check]

Compiles each *.rego in DIR (default: examples) with the opa binary and writes the compiled form and the rule
annotations beside it, as the reference validator wants them. --check compares instead of writing.
`;

/** Builds or checks the compiled forms of the example policies. */
export async function policiesCommand(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help === true) {
    process.stdout.write(usage);
    return ExitStatus.held;
  }
  const directory = resolve(positionals[0] ?? 'examples');
  const built = await buildPolicies({ directory, check: values.check === true });
  process.stdout.write(`${values.check === true ? 'unchanged' : 'built'}: ${built.join(', ')}\n`);
  return ExitStatus.held;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (cause) {
    throw new StampedeError('CONFIG_INVALID', cause instanceof Error ? cause.message : String(cause), {
      hint: 'npm run policies:build -- --help',
    });
  }
}
