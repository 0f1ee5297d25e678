// SPDX-License-Identifier: Apache-2.0
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import { readUntrusted } from '../foundation/untrusted-file.ts';

const listSchema = z.array(
  z.strictObject({
    /** Where it was seen: project and number. */
    source: z.string().min(3).max(200),
    link: z.url({ protocol: /^https?$/ }),
    class: z.string().regex(/^(?:T\d{1,2}|harness)$/),
    /** The one that stands for it and can't be forced, where there is one. */
    plantedBug: z.string().min(1).exactOptional(),
    saw: z.string().min(10),
    /** What is not there yet. */
    needs: z.string().min(5),
  }),
);

/** A public report that no strategy shows. */
export type NotShown = Readonly<z.output<typeof listSchema>[number]>;

/**
 * Reads the list of what can't be shown.
 * @throws StampedeError REPORT_INVALID
 */
export async function readNotShown(file: string): Promise<readonly NotShown[]> {
  const bytes = await readUntrusted({ path: file, limitBytes: 1024 * 1024 }).catch((cause: unknown) => {
    throw new StampedeError('REPORT_INVALID', `no list can be read from ${file}`, { cause });
  });
  const parsed = listSchema.safeParse(parseDocument(bytes.toString('utf8')).toJS({ maxAliasCount: 20 }));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StampedeError('REPORT_INVALID', `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
