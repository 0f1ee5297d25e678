// SPDX-License-Identifier: Apache-2.0

/** A secret and what is shown in its place. */
export interface Secret {
  readonly name: string;
  /** The secret itself, or what all secrets of its kind begin with. */
  readonly text: string;
  /** `beginning`: everything after it that a token may be made of belongs to it. */
  readonly kind: 'whole' | 'beginning';
}

/** Replaces secrets by their names, as `${NAME}`, in what is kept. */
export interface Hider {
  /** There is nothing to be hidden. */
  readonly isIdle: boolean;
  hide(text: string): string;
  /** For bytes that come bit by bit: a secret may lie across two of them. */
  stream(): HidingStream;
}

export interface HidingStream {
  /** What can be told by now. */
  push(chunk: Buffer): Buffer;
  /** What was still held back. */
  end(): Buffer;
}

/** A token longer than this is not waited for. */
const mostHeldBack = 64 * 1024;
const tokenLetters = '[A-Za-z0-9_.~+/=-]';

/** Without secrets everything is left as it is. */
export function secretHider(secrets: readonly Secret[]): Hider {
  const byLength = [...secrets].filter(({ text }) => text !== '').sort((left, right) => right.text.length - left.text.length);
  if (byLength.length === 0) return { isIdle: true, hide: (text) => text, stream: () => ({ push: (chunk) => chunk, end: () => Buffer.alloc(0) }) };
  const forms = byLength.map(({ text, kind }) => `(${literal(text)}${kind === 'beginning' ? `${tokenLetters}*` : ''})`);
  const all = new RegExp(forms.join('|'), 'g');
  const hide = (text: string): string => text.replace(all, (...found: readonly unknown[]) => `\${${byLength[found.slice(1).findIndex((one) => one !== undefined)]?.name ?? ''}}`);
  return { isIdle: false, hide, stream: () => hidingStream(byLength, all, hide) };
}

function hidingStream(secrets: readonly Secret[], all: RegExp, hide: (text: string) => string): HidingStream {
  // One letter a byte: whatever is no secret comes out as it went in.
  const encoding = 'latin1';
  let held = '';
  return {
    push(chunk) {
      const text = held + chunk.toString(encoding);
      const begun = Math.min(...secrets.map((secret) => unfinishedAt(text, secret)));
      // What ends one secret may begin another: one that is there is not taken apart.
      const start = [...text.matchAll(all)].find((found) => found.index < begun && begun < found.index + found[0].length)?.index ?? begun;
      const until = text.length - start > mostHeldBack ? text.length : start;
      held = text.slice(until);
      return Buffer.from(hide(text.slice(0, until)), encoding);
    },
    end() {
      const rest = Buffer.from(hide(held), encoding);
      held = '';
      return rest;
    },
  };
}

/** Where at the end of a text a secret may have begun that is not there whole; the text's length: nowhere. */
function unfinishedAt(text: string, { text: secret, kind }: Secret): number {
  if (kind === 'beginning') {
    const begun = new RegExp(`${literal(secret)}${tokenLetters}*$`).exec(text);
    if (begun !== null) return begun.index;
  }
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return text.length - length;
  }
  return text.length;
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
