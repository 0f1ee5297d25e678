// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { testSubject } from '../scenario/test-scenario.ts';
import { mannersOf } from './registry-manners.ts';

it('asks the stage for what the subject wants, and for nothing where that is the usual', () => {
  expect(mannersOf(testSubject, 'containers')).toEqual({});
  expect(mannersOf({ ...testSubject, registry: { auth: 'basic', tls: false } }, 'embedded')).toEqual({ manners: { auth: 'basic', tls: false } });
});

it.each([{ auth: 'none', tls: true }, { auth: 'token', tls: false }] as const)('refuses %j where the stage has no such registry', (registry) => {
  expect(() => mannersOf({ ...testSubject, registry }, 'containers')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
});
