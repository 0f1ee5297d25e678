// SPDX-License-Identifier: Apache-2.0

/**
 * Splits a command as Conforma's features expect it: on every single space, so that two spaces make an empty
 * argument, and without any quoting.
 */
export function splitCommand(line: string): readonly string[] {
  return line.split(' ');
}
