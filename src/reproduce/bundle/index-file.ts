// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { StampedeError } from '../../foundation/errors.ts';
import { mostLayerBytes, reportOf, type Report } from '../report.ts';

/** The first entry of every bundle: what the others are, and what they have to be. */
export const indexFile = 'bundle.json';

/** A folder deep at most, and nothing hidden. */
const pathForm = /^[A-Za-z0-9][\w.-]{0,99}(?:\/[A-Za-z0-9][\w.-]{0,99})?$/;
const count = z.number().int().min(0).max(1_000_000);

const indexSchema = z.strictObject({
  version: z.literal(1),
  /** Checked by its own rules. */
  report: z.unknown(),
  smallest: z.strictObject({ schedule: z.string().min(1).max(200), participants: z.number().int().min(1).max(64), layers: z.number().int().min(1).max(16), layerBytes: z.number().int().min(1024).max(256 * 1024 * 1024), flags: z.array(z.string().max(2000)).max(100) }),
  cause: z.strictObject({ symptom: z.string().max(1000), strategy: z.string().max(100), place: z.string().max(200) }),
  /** How often the smallest case showed it, out of how many runs. */
  shown: z.strictObject({ hits: count, runs: count }),
  seed: z.string().min(1).max(200),
  gateTimeoutMs: z.number().int().min(10).max(600_000),
  deadlineMs: z.number().int().min(100).max(3_600_000),
  files: z.array(z.strictObject({ path: z.string().regex(pathForm), size: z.number().int().min(0), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) })).max(200),
});

export type BundleIndex = Readonly<Omit<z.output<typeof indexSchema>, 'report'>> & { readonly report: Report };

/** A flag that leads out of the folder in which a validator works: whoever opens a bundle has not written it. */
const leadsOut = /(?:^|[=:,@])[/~\\]|\.\.|^[A-Za-z]:\\/;

/**
 * Reads the index of a bundle that comes from anywhere. Subjects are named there, and never a file of code or a program on this machine.
 * @throws StampedeError BUNDLE_INVALID, REPORT_INVALID
 */
export function indexOf(bytes: Buffer): BundleIndex {
  const document = documentIn(bytes);
  const made = (document as { readonly version?: unknown } | null)?.version;
  if (typeof made === 'number' && made > 1) throw refused(`it is a bundle of version ${made}, and this program reads version 1`);
  const parsed = indexSchema.safeParse(document);
  if (!parsed.success) throw refused(`its ${indexFile} is not one: ${parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
  const report = reportOf(parsed.data.report, indexFile);
  if (!/^[\w-]+$/.test(report.subject)) throw refused('its subject is a file, and code from a bundle is not run');
  if (report.binary !== undefined) throw refused('it names a program of another machine');
  const { participants, layers, layerBytes } = parsed.data.smallest;
  if (participants * layers * layerBytes > mostLayerBytes) throw refused('its images have more than 2 GiB');
  const flag = [...parsed.data.smallest.flags, ...report.workload.flags].find((word) => leadsOut.test(word));
  if (flag !== undefined) throw refused(`the flag ${JSON.stringify(flag)} leads out of the folder in which a validator works`);
  return { ...parsed.data, report };
}

function documentIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (cause) {
    throw new StampedeError('BUNDLE_INVALID', `the bundle is refused: its ${indexFile} is not JSON`, { cause });
  }
}

/** What is wrong with a bundle: nothing of it is used then. */
export function refused(reason: string, cause?: unknown): StampedeError {
  return new StampedeError('BUNDLE_INVALID', `the bundle is refused: ${reason}`, { cause, hint: 'ask for an unchanged copy; nothing of it was kept' });
}
