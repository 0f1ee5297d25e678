// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { digestOf } from '../oci/digest.ts';
import { inTotoPayloadType, signEnvelope } from '../sigstore/dsse.ts';
import { generateKeyPair, signBytes } from '../sigstore/keys.ts';
import { slsaV02Statement, statementBytes } from '../sigstore/statement.ts';
import { startRekor, type RekorServer } from './rekor.ts';

const run = promisify(execFile);
const rekorCli = toolOrSkip('rekor-cli');
const pair = generateKeyPair();
const artifact = Buffer.from('artifact');
const digest = digestOf(Buffer.from('manifest'));

describe.skipIf(rekorCli === undefined)('the embedded log and rekor-cli', { timeout: 20_000 }, () => {
  let directory: string;
  let rekor: RekorServer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rekor-cli-test-'));
    rekor = await startRekor({ directory });
    const envelope = signEnvelope(inTotoPayloadType, statementBytes(slsaV02Statement({ name: 'image', digest })), pair.privateKey);
    await writeFile(join(directory, 'key.pub'), pair.publicKeyPem);
    await writeFile(join(directory, 'artifact'), artifact);
    await writeFile(join(directory, 'artifact.sig'), signBytes(pair.privateKey, artifact));
    await writeFile(join(directory, 'envelope.json'), envelope);
  });

  afterAll(async () => {
    await rekor.close();
    await rm(directory, { recursive: true });
  });

  async function cli(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout } = await run(rekorCli ?? '', [...args, '--rekor_server', rekor.url, '--format', 'json', '--retry', '0'], {
      cwd: directory,
      env: { HOME: directory },
    });
    return JSON.parse(stdout);
  }

  const signed = ['--artifact', 'artifact', '--signature', 'artifact.sig', '--public-key', 'key.pub'];
  const attested = ['--artifact', 'envelope.json', '--public-key', 'key.pub'];

  it.each([
    ['hashedrekord:0.0.1', signed],
    ['dsse:0.0.1', attested],
    ['intoto:0.0.2', attested],
    ['intoto:0.0.1', attested],
  ])('agree on %s: upload, loginfo, verify, get', async (type, files) => {
    const uploaded = await cli('upload', '--type', type, ...files);
    const again = await cli('upload', '--type', type, ...files);
    expect(again).toMatchObject({ AlreadyExists: true, Location: uploaded['Location'] });
    const info = await cli('loginfo');
    expect(info['ActiveTreeSize']).toBe(Number(uploaded['Index']) + 1);
    const verified = await cli('verify', '--type', type, ...files);
    expect(verified['EntryUUID']).toBe(String(uploaded['Location']).split('/').at(-1));
    const got = await cli('get', '--uuid', String(verified['EntryUUID']));
    expect(await cli('get', '--log-index', String(uploaded['Index']))).toEqual(got);
    expect(got).toMatchObject({ UUID: verified['EntryUUID'], LogIndex: uploaded['Index'] });
  });

  it('agree on what is not there', async () => {
    await writeFile(join(directory, 'other.sig'), signBytes(pair.privateKey, artifact));
    const other = ['--artifact', 'artifact', '--signature', 'other.sig', '--public-key', 'key.pub'];
    await expect(cli('verify', ...other)).rejects.toMatchObject({ code: 1 });
    await expect(cli('get', '--log-index', '1000')).rejects.toMatchObject({ code: 1 });
  });

  it('agree on searches', async () => {
    const found = await cli('search', '--sha', digestOf(artifact));
    expect(found['UUIDs']).toEqual((await cli('search', '--public-key', 'key.pub', '--pki-format', 'x509'))['UUIDs']);
    const { UUIDs } = await cli('search', '--sha', digest);
    expect(UUIDs).toHaveLength(3);
  });
});
