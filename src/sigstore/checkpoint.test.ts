// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { signCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { generateKeyPair, signBytes } from './keys.ts';

const log = generateKeyPair();
const witness = generateKeyPair();
const checkpoint = { origin: 'rekor.local - 42', size: 7, rootHash: Buffer.alloc(32, 1) };
const text = signCheckpoint(checkpoint, 'rekor.local', log);
const [body = '', logLine = ''] = text.split('\n\n');

function witnessed(note: string): string {
  return signCheckpoint({ ...checkpoint, origin: note }, 'witness', witness).split('\n\n')[1] ?? '';
}

/** Signed by the log, but not a checkpoint. */
function signedNote(note: string): string {
  const hint = Buffer.from(logLine.split(' ')[2] ?? '', 'base64').subarray(0, 4);
  return `${note}\n\u2014 rekor.local ${Buffer.concat([hint, signBytes(log.privateKey, Buffer.from(note))]).toString('base64')}\n`;
}

describe('checkpoints', () => {
  it('are read as they were signed', () => {
    expect(verifyCheckpoint(text, log.publicKeyPem)).toEqual(checkpoint);
  });

  it('may be witnessed by others', () => {
    expect(verifyCheckpoint(`${body}\n\n${witnessed(checkpoint.origin)}${logLine}`, log.publicKeyPem)).toEqual(checkpoint);
  });

  it.each([
    ['another log key', text, witness.publicKeyPem],
    ['another size', text.replace('\n7\n', '\n8\n'), log.publicKeyPem],
    ['another root', text.replace('AQEB', 'AQEC'), log.publicKeyPem],
    ['another origin', text.replace('42', '43'), log.publicKeyPem],
    ['one good signature and one bad', `${text}${signCheckpoint({ ...checkpoint, size: 8 }, 'rekor.local', log).split('\n\n')[1]}`, log.publicKeyPem],
    ['a witness alone', `${body}\n\n${witnessed(checkpoint.origin)}`, log.publicKeyPem],
    ['no signature', `${body}\n\n`, log.publicKeyPem],
    ['no signature block', body, log.publicKeyPem],
    ['a cut line', text.slice(0, -1), log.publicKeyPem],
    ['a line of another form', text.replace('\u2014', '-'), log.publicKeyPem],
    ['a size that is no number', signedNote('origin\n-1\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n'), log.publicKeyPem],
    ['a short root', signedNote('origin\n1\nAQEB\n'), log.publicKeyPem],
    ['no origin', signedNote('\n1\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n'), log.publicKeyPem],
    ['nothing', '', log.publicKeyPem],
  ])('are invalid with %s', (_what, changed, publicKeyPem) => {
    expect(() => verifyCheckpoint(changed, publicKeyPem)).toThrow(expect.objectContaining({ code: 'LOG_ENTRY_INVALID' }));
  });

  it('reads what the notes above are made from', () => {
    expect(verifyCheckpoint(signedNote('origin\n1\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n'), log.publicKeyPem).size).toBe(1);
  });
});
