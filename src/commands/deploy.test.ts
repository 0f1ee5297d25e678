// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readComposeFile } from '../containers/compose-file.ts';
import { projectComposeFile } from '../containers/test-engine.ts';
import { toolOrSkip } from '../foundation/tools.ts';
import { projectRoot } from './test-project.ts';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly args?: readonly string[];
  readonly startupProbe: { readonly exec: { readonly command: readonly string[] } };
}

const file = join(projectRoot, 'deploy', 'acceptance-pod.yaml');
const { spec } = parse(readFileSync(file, 'utf8')) as { spec: { initContainers: Container[]; containers: Container[] } };
const go = toolOrSkip('go');

/** Names of flags without what differs by place: hosts and ports. */
function flags(given: readonly string[] | undefined): readonly string[] {
  return (given ?? []).map((flag) => flag.replace(/(address|port|endpoint|mysql_uri)=.*/, '$1')).filter((flag) => flag !== '--rekor_server.port');
}

describe('the pod', () => {
  it('has the containers of the compose file, those needed first, with the same images, flags and probes', () => {
    const { definitions } = readComposeFile(projectComposeFile, {});
    const byName = new Map(spec.initContainers.map((container) => [container.name, container]));
    expect([...byName.keys()].sort()).toEqual(definitions.map(({ service }) => service).sort());
    for (const { service, image, command, health, dependsOn } of definitions) {
      const container = byName.get(service)!;
      expect(container).toMatchObject({ image, restartPolicy: 'Always' });
      expect(flags(container.args)).toEqual(flags(command));
      expect(container.startupProbe.exec.command.slice(0, -1), service).toEqual(health.test.slice(1, -1));
      for (const needed of dependsOn) expect([...byName.keys()].indexOf(needed)).toBeLessThan([...byName.keys()].indexOf(service));
    }
    expect(spec.containers).toHaveLength(1);
  });
});

describe.skipIf(go === undefined)("Kubernetes' own types", { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const check = async (path: string) => await promisify(execFile)(go!, ['run', '.', path], { cwd: join(projectRoot, 'deploy', 'check') });

  it('take the pod, every field', async () => {
    await check(file);
  });

  it.each([
    ['a misspelt field', 'periodSeconds', 'periodSecond'],
    ['a wrong type', 'failureThreshold: 60', 'failureThreshold: many'],
    ['a field of elsewhere', 'restartPolicy: Never', 'replicas: 2'],
  ])('refuse %s', async (_what, from, to) => {
    const wrong = join(folder, 'pod.yaml');
    writeFileSync(wrong, readFileSync(file, 'utf8').replace(from, to));
    await expect(check(wrong)).rejects.toMatchObject({ stderr: expect.stringContaining('pod.yaml') as string });
  });
});
