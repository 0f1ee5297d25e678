// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

/** What Go's strconv.ParseBool makes of it; undefined where that is an error. https://pkg.go.dev/strconv#ParseBool */
export function goBoolean(value: string): boolean | undefined {
  return booleans.get(value);
}

/** @throws StampedeError CONFIG_INVALID naming `what` */
export function parseBoolean(value: string, what: string): boolean {
  const parsed = goBoolean(value);
  if (parsed === undefined) throw new StampedeError('CONFIG_INVALID', `${what}=${value} is neither true nor false`);
  return parsed;
}

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds of a duration such as `5m0s` or `1.5h`. https://pkg.go.dev/time#ParseDuration
 * @throws StampedeError CONFIG_INVALID
 */
export function parseDurationMs(value: string): number {
  if (value === '0') return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(value)) {
    throw new StampedeError('CONFIG_INVALID', `${JSON.stringify(value)} is not a duration`, { hint: 'for instance 90s or 5m' });
  }
  const parts = value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g);
  return [...parts].reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (unitMs[unit] ?? 0), 0);
}
