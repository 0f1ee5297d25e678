// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/** What kind of program a file is, as far as it matters for what can be seen of it. */
export type ProgramForm =
  | { readonly kind: 'binary'; readonly isGo: boolean; /** Undefined: static, it needs nothing. */ readonly loader: string | undefined }
  | { readonly kind: 'script'; readonly interpreter: string; /** Of a shell that runs other programs and waits for them. */ readonly isWrapper: boolean }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'other' };

/** More than the headers of any usual program, or the names of its sections. */
const windowBytes = 64 * 1024;
const loaderSegment = 3;
/** A shell that becomes the program; `exec` with nothing but redirections is of the shell itself. */
const handsOver = /(?:^|[;&|]|\bthen|\belse)\s*exec\s+[^\d<>\s]/;
/** A table that Go's linker always leaves: it says which function an address is in. https://pkg.go.dev/debug/gosym */
const goMark = 'gopclntab\0';

export function programForm(path: string): ProgramForm {
  try {
    return withReader(path, (read) => formOf(read));
  } catch {
    return { kind: 'unreadable' };
  }
}

function formOf(read: Reader): ProgramForm {
  const head = read(0);
  if (head.toString('latin1', 0, 2) === '#!') return scriptForm(head.toString('utf8', 2));
  if (head.toString('latin1', 0, 4) !== '\x7fELF') return { kind: 'other' };
  try {
    return binaryForm(read);
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
  return { kind: 'script', interpreter, isWrapper: isShell && !lines.some((line) => handsOver.test(line)) };
}

/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html */
function binaryForm(read: Reader): ProgramForm {
  const head = read(0);
  const is64 = head[4] === 2;
  const { half, word, wide } = numbersIn(head);
  const [table, size, count] = is64 ? [wide(32), half(54), half(56)] : [wide(28), half(42), half(44)];
  const loaderAt = Array.from({ length: count }, (_, index) => table + index * size).find((at) => word(at) === loaderSegment);
  const loader = loaderAt === undefined ? undefined : textAt(read(wide(loaderAt + (is64 ? 8 : 4))));
  return { kind: 'binary', isGo: sectionNames(read, head).includes(goMark), loader };
}

/** They lie near the end of the file; none where they were taken off. */
function sectionNames(read: Reader, head: Buffer): Buffer {
  const is64 = head[4] === 2;
  const { half, wide } = numbersIn(head);
  const [table, size, names] = is64 ? [wide(40), half(58), half(62)] : [wide(32), half(46), half(50)];
  const entry = read(table + names * size);
  if (table === 0 || entry.length < size) return Buffer.alloc(0);
  return read(numbersIn(entry, head).wide(is64 ? 24 : 16));
}

/** Numbers as wide, and in the order, that the head of the file says. */
function numbersIn(bytes: Buffer, head = bytes) {
  const isBig = head[5] === 2;
  const word = (at: number): number => (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  const long = (at: number): number => Number(isBig ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
  return { half: (at: number): number => (isBig ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at)), word, wide: head[4] === 2 ? long : word };
}

function textAt(bytes: Buffer): string {
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}

/** Some bytes from an offset on. */
type Reader = (offset: number) => Buffer;

/** @throws where the file can't be read */
function withReader<T>(path: string, use: (read: Reader) => T): T {
  const file = openSync(path, 'r');
  try {
    return use((offset) => {
      const bytes = Buffer.alloc(windowBytes);
      return bytes.subarray(0, readSync(file, bytes, 0, windowBytes, offset));
    });
  } finally {
    closeSync(file);
  }
}
