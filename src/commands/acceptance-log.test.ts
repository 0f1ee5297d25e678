// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { digestOf } from '../oci/digest.ts';
import { inTotoPayloadType, signEnvelope } from '../sigstore/dsse.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { statementBytes } from '../sigstore/statement.ts';
import { verificationSummary } from '../sigstore/verification-summary.ts';
import { TestProject, type Ended } from './test-project.ts';

// Rekor's own client as the validator: what it makes of a log that was told what to answer.

const rekorCli = toolOrSkip('rekor-cli');

describe.skipIf(rekorCli === undefined)('what the log is told to answer, and rekor-cli', { timeout: 30_000 }, () => {
  let project: TestProject;

  beforeAll(async () => {
    project = await TestProject.open();
    const pair = generateKeyPair();
    const statement = statementBytes(verificationSummary({ name: 'image', digest: digestOf(Buffer.from('manifest')) }, '2026-01-01T00:00:00Z'));
    await project.write('cwd/vsa-1.json', signEnvelope(inTotoPayloadType, statement, pair.privateKey).toString());
    await project.write('cwd/key.pub', pair.publicKeyPem);
    await project.write('cwd/empty/vsa-1.json', '{"payload":"eA==","payloadType":"x","signatures":[]}');
  });
  afterAll(async () => await project.close());

  const upload = (type: string): string => `When ec command is run with "upload --rekor_server \${REKOR} --type ${type} --artifact vsa-1.json --public-key key.pub --retry 0"`;

  async function run(...steps: readonly string[]): Promise<Ended> {
    await project.feature(`Feature: log\n\n  Scenario: one\n${steps.map((step) => `    ${step}\n`).join('')}`);
    return await project.acceptance(['--binary', rekorCli ?? '', '--cwd', join(project.folder, 'cwd')]);
  }

  it('an upload that arrives is seen, of every kind, and again', async () => {
    const expected = 'Given VSA upload to Rekor should be expected';
    const seen = ['Then the exit status should be 0', 'And VSA should be uploaded to Rekor successfully'];
    const { status, output } = await run(expected, expected, upload('intoto:0.0.2'), ...seen, upload('intoto:0.0.2'), ...seen, upload('dsse:0.0.1'), ...seen, 'And VSA envelope files should exist in "."');
    expect(output).toContain('✔ 1 held');
    expect(status).toBe(0);
  });

  it('a validator that sends nothing, though it ends well, is found out', async () => {
    const { status, output } = await run('Given VSA upload to Rekor should be expected', 'When ec command is run with "loginfo --help"', 'Then the exit status should be 0', 'And VSA should be uploaded to Rekor successfully');
    expect(output).toContain('VERDICT_BROKEN: upload-arrived: the log was to get an attestation and took 0; nothing else was sent');
    expect(status).toBe(1);
  });

  it('an upload that is to fail fails, is heard of, and has reached no log', async () => {
    const { output } = await run('Given Rekor upload should fail', upload('intoto:0.0.2'), 'Then the exit status should be 1', 'And the log output should contain "the log was told to refuse entries"');
    expect(output).toContain('✔ 1 held');
    const unmet = await run('Given Rekor upload should fail', 'When ec command is run with "loginfo --help"', 'Then the exit status should be 0');
    expect(unmet.output).toContain('VERDICT_UNKNOWN: log-fault-met: the log was told to refuse entries, and was sent none');
    expect(unmet.status).toBe(3);
  });

  it('a search finds nothing, or a summary of the image that can be had', async () => {
    const search = 'When ec command is run with "search --rekor_server ${REKOR} --sha sha256:${REGISTRY_acceptance/image:latest_DIGEST}"';
    const image = ['Given a key pair named "known"', 'And an image named "acceptance/image"', 'And a valid attestation of "acceptance/image" signed by the "known" key'];
    const empty = await run(...image, 'And VSA index search should return no results', search, 'Then the log output should contain "no matching entries found"');
    expect(empty.output).toContain('✔ 1 held');
    const found = await run(...image, 'And VSA index search should return valid VSA', search, 'Then the exit status should be 0', 'And the standard output should contain', '  """', '  ^[0-9a-f]{80}$', '  """');
    expect(found.output).toContain('✔ 1 held');
    const early = await run('Given VSA index search should return valid VSA');
    expect(early.output).toContain('STEP_OUT_OF_ORDER: a valid VSA is about an image and signed by a key, and there is none');
  });

  it('files that are no signed envelopes, or none at all, are told', async () => {
    const left = 'When ec command is run with "version"';
    expect((await run(left, 'Then VSA envelope files should exist in "empty"')).output).toContain('EXPECTATION_BROKEN: empty/vsa-1.json is no signed envelope');
    expect((await run(left, 'Then VSA envelope files should exist in "nowhere"')).output).toContain('EXPECTATION_BROKEN: the validator left no folder nowhere');
  });
});
