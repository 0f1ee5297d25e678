// SPDX-License-Identifier: Apache-2.0
import { accessSync, closeSync, constants, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { StampedeError } from '../foundation/errors.ts';

/** e_machine of ELF files. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
const machines: Readonly<Partial<Record<NodeJS.Architecture, readonly number[]>>> = { x64: [62, 3], arm64: [183, 40], ia32: [3], arm: [40] };

/**
 * Refuses a file that the system can't run as it is. A file that it does not recognise would go to a shell
 * (ENOEXEC in https://man7.org/linux/man-pages/man3/exec.3.html), and what that says would look like the
 * validator's own outcome; an empty file would even pass.
 * @throws StampedeError VALIDATOR_MISSING, VALIDATOR_NOT_EXECUTABLE
 */
export function requireProgram(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    throw new StampedeError('VALIDATOR_MISSING', `there is no validator at ${path}`, { hint: 'build it, or name another with --binary' });
  }
  if (!status.isFile()) throw refused(path, 'it is not a file', 'name a program with --binary');
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw refused(path, 'it has no execute permission', `chmod +x ${path}`, cause);
  }
  if (process.platform === 'linux') requireKnownForm(path);
}

function requireKnownForm(path: string): void {
  const head = headOf(path);
  if (head === undefined || hasForeignForms()) return;
  if (head.toString('latin1', 0, 2) === '#!') return requireInterpreter(path, head);
  if (head.toString('latin1', 0, 4) !== '\x7fELF') throw refused(path, 'it is neither a program nor a script that begins with #!', 'was it built or downloaded completely?');
  const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
  if (machines[process.arch]?.includes(machine) === false) throw refused(path, `it is built for another machine than this one (${process.arch})`, 'build it for this machine');
}

function requireInterpreter(path: string, head: Buffer): void {
  const [line = ''] = head.toString('utf8', 2).split('\n');
  const [interpreter = ''] = line.trim().split(/[ \t]/);
  if (statSync(interpreter, { throwIfNoEntry: false }) === undefined) throw refused(path, `its interpreter ${JSON.stringify(interpreter)} is not there`, 'install it, or mend the first line');
}

/** The first bytes, padded; undefined for a program that may be run but not read. */
function headOf(path: string): Buffer | undefined {
  const head = Buffer.alloc(256);
  try {
    const file = openSync(path, 'r');
    readSync(file, head);
    closeSync(file);
    return head;
  } catch {
    return undefined;
  }
}

/** Whether other forms are registered, as those of emulated machines. https://docs.kernel.org/admin-guide/binfmt-misc.html */
function hasForeignForms(): boolean {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((name) => name !== 'register' && name !== 'status');
  } catch {
    return false;
  }
}

function refused(path: string, reason: string, hint: string, cause?: unknown): StampedeError {
  return new StampedeError('VALIDATOR_NOT_EXECUTABLE', `${path} can't be executed: ${reason}`, { cause, hint });
}
