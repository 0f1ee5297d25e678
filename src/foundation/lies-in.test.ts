// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { liesIn } from './lies-in.ts';

it.each([
  ['/run/s-1/work/file', true], ['/run/s-1/..file', true], ['/run/s-1/a/../b', true],
  ['/run/s-1', false], ['/run/s-1/', false], ['/run/s-10/file', false], ['/run/s-1/../s-2/file', false], ['/etc/passwd', false], ['file', false],
])('%s lies in /run/s-1: %s', (path, lies) => expect(liesIn('/run/s-1', path)).toBe(lies));
