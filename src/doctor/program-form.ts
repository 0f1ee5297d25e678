// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/** What kind of program a file is, as far as it matters for what can be seen of it. */
export type ProgramForm =
  | { readonly kind: 'binary'; readonly isGo: boolean; /** Undefined: static, it needs nothing. */ readonly loader: string | undefined }
  | { readonly kind: 'script'; readonly interpreter: string; /** Of a shell that runs other programs and waits for them. */ readonly isWrapper: boolean }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'other' };

/** More than the headers of any usual program. */
const headBytes = 64 * 1024;
const loaderSegment = 3;
const noteSegment = 4;

export function programForm(path: string): ProgramForm {
  const head = headOf(path);
  if (head === undefined) return { kind: 'unreadable' };
  if (head.toString('latin1', 0, 2) === '#!') return scriptForm(head.toString('utf8', 2));
  if (head.toString('latin1', 0, 4) !== '\x7fELF') return { kind: 'other' };
  try {
    return binaryForm(head);
  } catch {
    return { kind: 'other' };
  }
}

/** True for a binary whose loader is not on this machine, as one that was linked against another C library. */
export function lacksLoader(form: ProgramForm): boolean {
  return form.kind === 'binary' && form.loader !== undefined && !existsSync(form.loader);
}

export function describeForm(form: ProgramForm): string {
  switch (form.kind) {
    case 'binary':
      return `${form.loader === undefined ? 'static' : 'dynamic'}${form.isGo ? ' Go' : ''} binary`;
    case 'script':
      return `script of ${form.interpreter}`;
    case 'unreadable':
      return 'can be run but not read';
    case 'other':
      return 'a form that this machine has registered';
  }
}

function scriptForm(text: string): ProgramForm {
  const [first = '', ...lines] = text.split('\n');
  const words = first.trim().split(/\s+/).map((word) => word.slice(word.lastIndexOf('/') + 1)).filter((word) => !word.startsWith('-'));
  const interpreter = (words[0] === 'env' ? words[1] : words[0]) ?? '';
  const isShell = /^(ba|da|a|k|z)?sh$/.test(interpreter);
  return { kind: 'script', interpreter, isWrapper: isShell && !lines.some((line) => /^\s*exec\s+[^\d<>\s]/.test(line)) };
}

/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html */
function binaryForm(head: Buffer): ProgramForm {
  const is64 = head[4] === 2;
  const isBig = head[5] === 2;
  const half = (at: number): number => (isBig ? head.readUInt16BE(at) : head.readUInt16LE(at));
  const word = (at: number): number => (isBig ? head.readUInt32BE(at) : head.readUInt32LE(at));
  const wide = (at: number): number => (is64 ? Number(isBig ? head.readBigUInt64BE(at) : head.readBigUInt64LE(at)) : word(at));
  const [table, size, count] = is64 ? [wide(32), half(54), half(56)] : [wide(28), half(42), half(44)];
  const segments = Array.from({ length: count }, (_, index) => table + index * size).map((at) => {
    const offset = wide(at + (is64 ? 8 : 4));
    return { kind: word(at), bytes: head.subarray(offset, offset + wide(at + (is64 ? 32 : 16))) };
  });
  const loader = segments.find(({ kind }) => kind === loaderSegment)?.bytes.toString('utf8').replace(/\0.*$/s, '');
  // The linker of Go notes its build under that name: https://pkg.go.dev/cmd/internal/buildid
  const isGo = segments.some(({ kind, bytes }) => kind === noteSegment && bytes.includes('Go\0\0'));
  return { kind: 'binary', isGo, loader };
}

function headOf(path: string): Buffer | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(headBytes);
      return head.subarray(0, readSync(file, head));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
