// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { difference } from './difference.ts';

const sides = (one: string, other: string): string => difference({ name: 'Alone', text: one }, { name: 'Together', text: other });

it('is empty for equal texts', () => {
  expect(sides('a\nb', 'a\nb')).toBe('');
});

it('shows which lines part, and a few around', () => {
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  const shown = sides(lines.join('\n'), lines.with(25, 'another').join('\n'));
  expect(shown).toContain('- Alone');
  expect(shown).toContain('+ Together');
  expect(shown).toContain('- line 25\n+ another');
  expect(shown).toContain('line 22');
  expect(shown).not.toContain('line 20');
});

it('shows spaces at the end of a line, and blank lines at the edges', () => {
  expect(sides('a\nb', 'a\nb  ')).toContain('- b\n+ b··');
  expect(sides('a', '\na\n').split('\n').filter((line) => /^[+-]\s*$/.test(line))).toHaveLength(2);
  expect(sides('', 'a')).toContain('+ a');
});

it('has no colours, even where the command writes to a terminal', () => {
  const file = fileURLToPath(new URL('./difference.ts', import.meta.url));
  const code = `import(${JSON.stringify(file)}).then(({ difference }) => process.stdout.write(difference({ name: 'a', text: 'a' }, { name: 'b', text: 'b' })))`;
  const shown = execFileSync(process.execPath, ['--import', 'tsx', '-e', code], { env: { ...process.env, FORCE_COLOR: '3' }, encoding: 'utf8' });
  expect(shown).toContain('- a');
  expect(shown).not.toContain('\u001b');
});
