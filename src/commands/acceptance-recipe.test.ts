// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestProject } from './test-project.ts';

const recipe = readFileSync(fileURLToPath(new URL('../../docs/subjects.md', import.meta.url)), 'utf8');

/** The fenced blocks of the recipe in one language, in their order. */
function blocks(language: string): readonly string[] {
  return [...recipe.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);
}

describe('the recipe for a validator of one\'s own, word for word', () => {
  const [script = '', mended = ''] = blocks('sh');
  const [subject = ''] = blocks('ts');
  const [feature = ''] = blocks('gherkin');
  let project: TestProject;

  beforeAll(async () => {
    project = await TestProject.open();
    await project.write('subject.ts', subject);
    await project.feature(feature);
  });

  afterAll(async () => await project.close());

  it('finds the race of the script', async () => {
    await project.write('validator', script);
    await project.makeExecutable('validator');
    const { status, output, lastLine } = await project.acceptance();
    expect(output).toMatch(/outcomes-agree: validator-2 differs/);
    expect(lastLine).toMatch(/0 held, ✘ 1 broken/);
    expect(status).toBe(1);
  });

  it('finds none once its line is replaced as the recipe says', async () => {
    const line = script.split('\n').find((one) => one.includes('$url/blobs/')) ?? '';
    await project.write('validator', script.replace(`${line}\n`, () => mended));
    const { status, lastLine } = await project.acceptance();
    expect(lastLine).toMatch(/1 scenario: ✔ 1 held/);
    expect(status).toBe(0);
  });

  it('is of 30 lines at most', () => {
    expect(subject.split('\n').length).toBeLessThan(30);
  });
});
