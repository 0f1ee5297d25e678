// SPDX-License-Identifier: Apache-2.0
import { doorEnvironment } from './environment.ts';

/** A command as a person can paste it into a POSIX shell. */
export function shellQuoted(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

export interface ShellCommand {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** A script that runs a command as it was run: same folder, same environment, through a door given as `$DOOR`. */
export function shellScript({ directory, environment, command }: ShellCommand): string {
  const settings = Object.entries(environment).map(([name, value]) => shellQuoted([`${name}=${value}`]));
  const door = ': "${DOOR:?set it to a proxy that leads to the registry; --keep prints one}"';
  const proxies = Object.keys(doorEnvironment('')).map((name) => `${name}="$DOOR"`);
  const lines = [...settings, ...proxies].map((setting) => `  ${setting} \\`);
  return [door, `cd ${shellQuoted([directory])} &&`, 'exec env -i \\', ...lines, `  ${shellQuoted(command)}`, ''].join('\n');
}
