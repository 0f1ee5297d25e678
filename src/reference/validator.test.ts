// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { seededRandom } from '../foundation/seed.ts';
import { randomLayer } from '../oci/layer.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import type { Statement } from '../sigstore/statement.ts';
import type { Report, ReportedComponent } from './report/report.ts';
import { openTestStage, type Ended, type SignOptions, type TestStage } from './test-stage.ts';

const random = seededRandom('validator');
let stage: TestStage;
let happy: string;

beforeAll(async () => {
  stage = await openTestStage();
  happy = await policyOf('happy_day');
}, 30_000);

afterAll(async () => await stage[Symbol.asyncDispose]());

async function policyOf(...examples: readonly string[]): Promise<string> {
  return JSON.stringify({ sources: [{ policy: [await stage.policyFolder(...examples)] }] });
}

interface Prepared {
  readonly sign?: SignOptions | 'no';
  readonly attest?: SignOptions | 'no';
}

/** An image of its own, by its reference. */
async function image(name: string, { sign = {}, attest = {} }: Prepared = {}): Promise<string> {
  const repository = `acceptance/${name}`;
  const { digest } = await stage.push(repository, { layers: [await randomLayer(random.fork(name), 100)] });
  if (sign !== 'no') await stage.sign(repository, digest, sign);
  if (attest !== 'no') await stage.attest(repository, digest, attest);
  return `registry.local/${repository}`;
}

async function validate(...args: readonly string[]): Promise<Ended> {
  return await stage.run(['validate', 'image', '--public-key', stage.knownFile, '--show-successes', ...args]);
}

function only({ report }: Ended): ReportedComponent {
  if (report?.components.length !== 1 || report.components[0] === undefined) throw new Error('not one component');
  return report.components[0];
}

function codes(component: ReportedComponent, list: 'violations' | 'warnings' | 'successes'): readonly unknown[] {
  return (component[list] ?? []).map(({ metadata }) => metadata?.['code']);
}

const builtin = ['builtin.attestation.signature_check', 'builtin.attestation.syntax_check', 'builtin.image.signature_check'];

describe('validate image', () => {
  it('accepts an image that is signed, attested and logged, offline', async () => {
    const reference = await image('happy');
    const nobody = 'http://127.0.0.1:1';
    const ended = await validate('--image', reference, '--policy', happy, '--rekor-url', nobody);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const { digest } = await stage.registry.headManifest('acceptance/happy', 'latest') ?? {};
    const component = only(ended);
    expect(component).toMatchObject({ name: 'Unnamed', containerImage: `${reference}@${digest}`, source: {}, success: true });
    expect(component).not.toHaveProperty('violations');
    expect(codes(component, 'successes')).toEqual([...builtin, 'main.acceptor']);
    expect(component.signatures).toEqual([{ keyid: '', sig: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string }]);
    expect(component.attestations).toEqual([
      {
        type: 'https://in-toto.io/Statement/v0.1',
        predicateType: 'https://slsa.dev/provenance/v0.2',
        predicateBuildType: 'tekton.dev/v1beta1/TaskRun',
        signatures: [{ keyid: '', sig: expect.any(String) as string }],
      },
    ]);
    expect(ended.report).toMatchObject({ success: true, key: stage.known.publicKeyPem, policy: { rekorUrl: nobody, publicKey: stage.knownFile } });
  });

  it('asks the log where no bundle travels with the signature, also for its key', async () => {
    const reference = await image('online', { sign: { logged: 'online' }, attest: { logged: 'online' } });
    const ended = await stage.run(
      ['validate', 'image', '--public-key', stage.knownFile, '--image', reference, '--policy', happy, '--rekor-url', stage.rekor.url],
      { SIGSTORE_REKOR_PUBLIC_KEY: undefined },
    );
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  const [attested, syntax, signed, accepted] = [...builtin, 'main.acceptor'];
  const stranger = { keys: generateKeyPair() };
  it.each([
    ['unsigned', { sign: 'no' }, [signed], [attested, syntax, accepted]],
    ['unattested', { attest: 'no' }, [attested], [signed]],
    ['signed by a stranger', { sign: stranger, attest: stranger }, [attested, signed], []],
    ['not logged', { sign: { logged: 'no' }, attest: { logged: 'no' } }, [attested, signed], []],
    ['attested without a builder', { attest: { statement: withoutBuilder } }, [syntax], [attested, signed]],
  ] as const)('refuses an image that is %s', async (what, prepared, violations, successes) => {
    const reference = await image(what.replaceAll(' ', '-'), prepared);
    const ended = await validate('--image', reference, '--policy', happy, '--rekor-url', stage.rekor.url);
    expect(ended).toMatchObject({ exitCode: 1, stderr: 'Error: success criteria not met\n' });
    expect(codes(only(ended), 'violations')).toEqual(violations);
    expect(codes(only(ended), 'successes')).toEqual(successes);
  });

  it('takes what is not logged when the log is ignored', async () => {
    const reference = await image('ignored', { sign: { logged: 'no' }, attest: { logged: 'no' } });
    expect(await validate('--image', reference, '--policy', happy, '--ignore-rekor')).toMatchObject({ exitCode: 0 });
  });

  it('reports what the policy denies, and ends well where violations do not matter', async () => {
    const reference = await image('rejected');
    const policy = await policyOf('reject', 'warn');
    const ended = await validate('--image', reference, '--policy', policy, '--info');
    expect(ended.exitCode).toBe(1);
    expect(only(ended).violations).toEqual([
      { msg: 'Every image is rejected', metadata: expect.objectContaining({ code: 'main.rejector', title: 'Rejector' }) as object },
    ]);
    expect(codes(only(ended), 'warnings')).toEqual(['main.advisor', 'main.from_2099']);
    expect(await validate('--image', reference, '--policy', policy, '--strict=false')).toMatchObject({ exitCode: 0, stderr: '', report: { success: false } });
    const later = await validate('--image', reference, '--policy', policy, '--effective-time', '2100-01-01');
    expect(codes(only(later), 'violations')).toEqual(['main.from_2099', 'main.rejector']);
  });

  it('lists components by reference, merged, and goes on when one is not there', async () => {
    const [a, b] = [await image('list-a'), await image('list-b')];
    const components = [a, 'registry.local/acceptance/list-missing', b, a].map((containerImage, index) => ({ name: `n${index}`, containerImage }));
    const ended = await validate('--images', JSON.stringify({ components }), '--policy', happy, '--workers', '2');
    expect(ended.exitCode).toBe(1);
    expect(ended.report?.components.map(({ name, success }) => [name, success])).toEqual([['n1', false], ['n2', true], ['n0', true]]);
    expect(codes(ended.report?.components[0] as ReportedComponent, 'violations')).toEqual(['builtin.image.accessible']);
  });

  it('writes several outputs', async () => {
    const reference = await image('outputs');
    const ended = await validate('--image', reference, '--policy', happy, '--output', 'json', '--output', 'yaml=out.yaml', '--output', 'text=out.txt');
    expect(parse(await readFile(join(stage.folder, 'out.yaml'), 'utf8'))).toEqual(ended.report as Report);
    expect(await readFile(join(stage.folder, 'out.txt'), 'utf8')).toContain('Result: SUCCESS');
  });

  it('names one error and nothing else where it can not begin', async () => {
    const cases = [
      [['--policy', happy], /^Error: no image to validate .*\n$/],
      [['--image', 'h/a', '--policy', '{"sources":[{"policy":["s3::h/p"]}]}'], /^Error: policy source "s3::h\/p" is not supported.*\n$/],
      [['--image', 'h/a', '--public-key', 'nowhere.pub'], /^Error: can't read the key file nowhere\.pub.*\n$/],
      [['--image', 'h/a', '--output', 'junit'], /^Error: output format "junit" is not supported.*json, yaml, text.*\n$/],
    ] as const;
    for (const [args, stderr] of cases) {
      expect(await validate(...args)).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(stderr) as string });
    }
  });

  it('leaves no temporary folder behind', async () => {
    expect((await readdir(stage.folder)).filter((name) => name.startsWith('ec-work-'))).toEqual([]);
  });

  it('reads images and policy from files', async () => {
    const reference = await image('files');
    await writeFile(join(stage.folder, 'images.json'), JSON.stringify({ components: [{ name: 'one', containerImage: reference }] }));
    await writeFile(join(stage.folder, 'policy.json'), happy);
    expect(await validate('--file-path', 'images.json', '--policy', 'policy.json')).toMatchObject({ exitCode: 0 });
  });
});

function withoutBuilder(subject: { name: string; digest: string }): Statement {
  const sha256 = subject.digest.slice('sha256:'.length);
  return {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
    subject: [{ name: subject.name, digest: { sha256 } }],
    predicate: { buildType: 'x' },
  };
}
