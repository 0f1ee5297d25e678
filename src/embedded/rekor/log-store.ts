// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { StampedeError } from '../../foundation/errors.ts';
import { generateKeyPair, readPrivateKey, type KeyPair } from '../../sigstore/keys.ts';
import { leafHash } from '../../sigstore/merkle.ts';

/** An entry as it is kept: what the tree is made of, and where the index finds it. */
export interface KeptEntry {
  readonly body: Buffer;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  readonly searchKeys: readonly string[];
}

/** Who a log is, and what it has taken. */
export interface LogStore {
  readonly treeId: bigint;
  readonly keyPair: KeyPair;
  /** Taken before, in order. */
  readonly kept: readonly KeptEntry[];
  /** Has happened when it returns: the entry outlives this process, though not a power failure. */
  append(entry: KeptEntry): void;
  close(): void;
}

/** A log of this process alone, with a key and a tree of its own. */
export function forgetfulStore(): LogStore {
  return { treeId: freshTreeId(), keyPair: generateKeyPair(), kept: [], append: () => undefined, close: () => undefined };
}

const identitySchema = z.strictObject({ treeId: z.string().regex(/^\d{1,19}$/), privateKeyPem: z.string() });
const lineSchema = z.strictObject({ leaf: z.string(), body: z.base64(), integratedTime: z.int().positive(), searchKeys: z.array(z.string()) });

/**
 * A log that is the same after a restart: `identity.json` has its tree and its private key (mode 0600), `entries.ndjson` one line an entry.
 * A line that a killed process left half-written is taken away; it was never answered.
 * @throws StampedeError LOG_ENTRY_INVALID for entries that are not what was written
 */
export function openLogStore(directory: string): LogStore {
  const { treeId, keyPair } = identityIn(join(directory, 'identity.json'));
  const file = join(directory, 'entries.ndjson');
  const kept = existsSync(file) ? readEntries(file) : [];
  const handle = openSync(file, 'a', 0o600);
  return {
    treeId,
    keyPair,
    kept,
    append: ({ body, integratedTime, searchKeys }) => {
      const line = { leaf: leafHash(body).toString('hex'), body: body.toString('base64'), integratedTime, searchKeys };
      writeSync(handle, `${JSON.stringify(line)}\n`);
    },
    close: () => closeSync(handle),
  };
}

function identityIn(file: string): Pick<LogStore, 'treeId' | 'keyPair'> {
  if (!existsSync(file)) {
    const [treeId, keyPair] = [freshTreeId(), generateKeyPair()];
    writeFileSync(file, `${JSON.stringify({ treeId: String(treeId), privateKeyPem: keyPair.privateKeyPem })}\n`, { mode: 0o600, flag: 'wx' });
    return { treeId, keyPair };
  }
  const identity = identitySchema.safeParse(parsed(readFileSync(file, 'utf8')));
  if (!identity.success) throw broken(file, 'is not the identity of a log', identity.error);
  return { treeId: BigInt(identity.data.treeId), keyPair: readPrivateKey(identity.data.privateKeyPem) };
}

function readEntries(file: string): readonly KeptEntry[] {
  const text = readFileSync(file);
  const whole = text.lastIndexOf('\n') + 1;
  if (whole < text.length) truncateSync(file, whole);
  return text.subarray(0, whole).toString().split('\n').slice(0, -1).map((line, index) => {
    const read = lineSchema.safeParse(parsed(line));
    if (!read.success) throw broken(file, `has a line ${index + 1} that is no entry`, read.error);
    const body = Buffer.from(read.data.body, 'base64');
    if (leafHash(body).toString('hex') !== read.data.leaf) throw broken(file, `has a line ${index + 1} that was changed`);
    return { body, integratedTime: read.data.integratedTime, searchKeys: read.data.searchKeys };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function broken(file: string, what: string, cause?: unknown): StampedeError {
  return new StampedeError('LOG_ENTRY_INVALID', `${file} ${what}`, { hint: 'start with another folder', ...(cause === undefined ? {} : { cause }) });
}

/** A tree's id is a positive 63-bit number. */
function freshTreeId(): bigint {
  return (randomBytes(8).readBigUInt64BE() >> 1n) | 1n;
}
