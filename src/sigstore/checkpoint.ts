// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import { decodeBase64 } from './base64.ts';
import { isSignedBy, logIdOf, readPublicKey, signBytes, type KeyPair } from './keys.ts';

/** What a log commits to: its size and its root at that size. https://github.com/transparency-dev/formats/blob/main/log/README.md */
export interface Checkpoint {
  /** For Rekor: `<host name> - <tree id in decimal>`. */
  readonly origin: string;
  readonly size: number;
  readonly rootHash: Buffer;
}

/** The checkpoint as a signed note; `signer` is the name on its signature line. https://c2sp.org/signed-note */
export function signCheckpoint(checkpoint: Checkpoint, signer: string, keyPair: KeyPair): string {
  const note = `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.rootHash.toString('base64')}\n`;
  const signature = signBytes(keyPair.privateKey, Buffer.from(note));
  const line = Buffer.concat([keyHint(keyPair.publicKeyPem), signature]).toString('base64');
  return `${note}\n\u2014 ${signer} ${line}\n`;
}

/**
 * Reads a checkpoint that the log signed. Signatures by keys unknown here (witnesses) are passed over, as notes want it.
 * @throws StampedeError LOG_ENTRY_INVALID, KEY_MALFORMED
 */
export function verifyCheckpoint(text: string, logPublicKeyPem: string): Checkpoint {
  const hint = keyHint(logPublicKeyPem);
  const { note, signatures } = parseNote(text);
  const byLog = signatures.filter((signature) => signature.subarray(0, hint.length).equals(hint));
  if (byLog.length === 0) throw invalid('carries no signature by the log');
  const publicKey = readPublicKey(logPublicKeyPem);
  if (!byLog.every((signature) => isSignedBy(publicKey, Buffer.from(note), signature.subarray(hint.length)))) {
    throw invalid('carries a signature of the log that does not verify');
  }
  return parseBody(note);
}

function parseNote(text: string): { note: string; signatures: readonly Buffer[] } {
  const end = text.lastIndexOf('\n\n');
  const lines = text.slice(end + 2).split('\n');
  if (end < 0 || lines.pop() !== '') throw invalid('is not a signed note');
  const signatures = lines.map((line) => decodeBase64(/^\u2014 [^\s+]+ (\S+)$/.exec(line)?.[1] ?? '?'));
  if (!signatures.every((signature) => signature !== undefined)) throw invalid('has a malformed signature line');
  return { note: text.slice(0, end + 1), signatures };
}

function parseBody(note: string): Checkpoint {
  const [origin = '', size = '', root = ''] = note.split('\n');
  const rootHash = decodeBase64(root);
  const isWhole = origin !== '' && /^(?:0|[1-9]\d{0,15})$/.test(size) && rootHash?.length === 32;
  if (!isWhole) throw invalid('has a malformed body');
  return { origin, size: Number(size), rootHash };
}

/** Rekor's key hint: the start of the log ID. */
function keyHint(publicKeyPem: string): Buffer {
  return Buffer.from(logIdOf(publicKeyPem).slice(0, 8), 'hex');
}

function invalid(reason: string): StampedeError {
  return new StampedeError('LOG_ENTRY_INVALID', `the checkpoint ${reason}`);
}
