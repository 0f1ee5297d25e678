// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseCommand, type ValidateImageOptions } from './arguments.ts';

function options(...args: readonly string[]): ValidateImageOptions {
  const command = parseCommand(['validate', 'image', ...args]);
  if (command.kind !== 'validate-image') throw new Error(command.kind);
  return command.options;
}

describe('parseCommand', () => {
  it('reads long and short forms, and what is not given', () => {
    expect(options('-i', 'r/a', '-p', 'ns/name', '-k', 'key.pub', '-r', 'http://rekor')).toEqual({
      image: 'r/a',
      images: undefined,
      policy: 'ns/name',
      publicKey: 'key.pub',
      rekorUrl: 'http://rekor',
      ignoreRekor: false,
      strict: true,
      showSuccesses: false,
      info: false,
      insecure: false,
      debug: false,
      outputs: [{ format: 'json', path: undefined }],
      workers: 5,
      effectiveTime: undefined,
      timeoutMs: 300_000,
    });
  });

  it('reads switches as Go programs do', () => {
    expect(options('--strict=false', '--ignore-rekor=T', '--info=1', '--show-successes')).toMatchObject({
      strict: false,
      ignoreRekor: true,
      info: true,
      showSuccesses: true,
    });
  });

  it('reads several outputs, with and without a file', () => {
    expect(options('--output', 'json', '--output=yaml=out/a=b.yaml', '-o', 'text').outputs).toEqual([
      { format: 'json', path: undefined },
      { format: 'yaml', path: 'out/a=b.yaml' },
      { format: 'text', path: undefined },
    ]);
  });

  it('takes images inline or by file, under three names', () => {
    for (const name of ['--images', '--json-input', '--file-path']) expect(options(name, 'x').images).toBe('x');
  });

  it('ignores the empty arguments that two spaces leave', () => {
    expect(options('', '--image', 'r/a', '').image).toBe('r/a');
  });

  it.each([
    ['1h2m3.5s', 3_723_500],
    ['100ms', 100],
    ['0', 0],
  ])('reads the duration %s', (text, ms) => {
    expect(options('--timeout', text).timeoutMs).toBe(ms);
  });

  it.each([
    ['2024-02-03', '2024-02-03T00:00:00Z'],
    ['2024-02-03T04:05:06+01:00', '2024-02-03T04:05:06+01:00'],
  ])('reads the effective time %s', (text, expected) => {
    expect(options('--effective-time', text).effectiveTime).toBe(expected);
  });

  it('knows version and help', () => {
    expect(parseCommand(['version', '--short'])).toEqual({ kind: 'version', short: true });
    expect(parseCommand(['validate', 'image', '--help'])).toEqual({ kind: 'help' });
    expect(parseCommand(['cache', 'prune', '--max-bytes', '5', '--max-age', '1h'])).toEqual({ kind: 'prune-cache', limits: { maxBytes: 5, maxAgeMs: 3_600_000 } });
  });

  it.each([
    [['validate', 'input']],
    [['validate', 'image', 'more']],
    [[]],
    [['validate', 'image', '--unheard-of']],
    [['validate', 'image', '--image']],
    [['validate', 'image', '--strict=maybe']],
    [['validate', 'image', '--output', 'junit']],
    [['cache', 'prune', '--max-bytes', 'much']],
    [['validate', 'image', '--workers', '0']],
    [['validate', 'image', '--workers', '2.5']],
    [['validate', 'image', '--timeout', '5 minutes']],
    [['validate', 'image', '--effective-time', 'attestation']],
    [['validate', 'image', '--effective-time', '2024-13-45']],
  ])('refuses %j', (argv) => {
    expect(() => parseCommand(argv)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
