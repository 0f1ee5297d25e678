// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { splitCommand } from './words.ts';

it.each([
  ['validate image --image x', ['validate', 'image', '--image', 'x']],
  ['a  b', ['a', '', 'b']],
  [' a ', ['', 'a', '']],
  ['--policy {"sources": []} "quoted words"', ['--policy', '{"sources":', '[]}', '"quoted', 'words"']],
  ['one\ttab\nline', ['one\ttab\nline']],
  ['', ['']],
])('splits %j on every single space', (line, words) => {
  expect(splitCommand(line)).toEqual(words);
});
