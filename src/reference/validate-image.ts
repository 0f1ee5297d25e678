// SPDX-License-Identifier: Apache-2.0
import './without-compiler.ts';
import { wallClock } from '../foundation/clock.ts';
import { createTransport } from '../oci/transport.ts';
import type { ValidateImageOptions } from './arguments.ts';
import { openLayerCache } from './cache/open-cache.ts';
import { statsLine } from './cache/stats.ts';
import { readComponents } from './components.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { chosenParts } from './planted/chosen-parts.ts';
import { openPolicies } from './policy/policies.ts';
import { loadSpecification, type PolicySpecification, type SourceGroup } from './policy/specification.ts';
import { makeReport, type UsedPolicy } from './report/report.ts';
import { trustedBy } from '../oci/registry-at.ts';
import { writeReport } from './report/write.ts';
import { openTrust } from './trust.ts';
import { validateComponent } from './validate-component.ts';
import type { WorkFolder } from './work-folder.ts';

/** What a run is given besides its options. */
export interface RunContext {
  readonly work: WorkFolder;
  readonly warn: (line: string) => void;
  readonly debug: (line: string) => void;
  readonly version: string;
}

/**
 * Validates every component, writes the report, and says whether there was no violation.
 * @throws StampedeError where the run could not begin; what goes wrong with one image is a violation of it
 */
export async function validateImage(options: ValidateImageOptions, context: RunContext): Promise<boolean> {
  const { work, warn, debug } = context;
  const parts = await chosenParts(process.env);
  const components = await readComponents(options.image, options.images);
  const specification = await loadSpecification(options.policy);
  const publicKey = options.publicKey ?? specification.publicKey;
  const rekorUrl = options.rekorUrl ?? specification.rekorUrl;
  await using transport = createTransport({ environment: process.env, ...trustedBy(process.env), userAgent: `stampede-reference/${context.version}` });
  const connection = { transport, insecure: options.insecure, environment: process.env };
  const [{ policies, pinned }, trust] = await Promise.all([
    openPolicies(specification.sources, work, connection),
    openTrust({ publicKey, rekorUrl, ignoreRekor: options.ignoreRekor, environment: process.env }, transport),
  ]);
  debug(`${components.length} components, ${policies.length} policies`);

  const effectiveTime = options.effectiveTime ?? wallClock().toISOString().replace(/\.\d+Z$/, 'Z');
  const cache = openLayerCache({ environment: process.env, warn, work, parts });
  const settings = { policies, trust, layerSource: { cache, warn }, connection, effectiveTime: new Date(effectiveTime) };
  const findings = await mapConcurrently(components, options.workers, async (component) => await validateComponent(component, settings));
  if (cache !== undefined) {
    await cache.close().catch((error: unknown) => warn(`not everything could be kept in the layer cache: ${String(error)}`));
    debug(statsLine(cache.stats()));
  }

  const report = makeReport(findings, {
    key: trust.publicKeyPem,
    policy: usedPolicy(specification, pinned, { rekorUrl, publicKey }),
    version: context.version,
    effectiveTime,
    showSuccesses: options.showSuccesses,
    info: options.info,
  });
  await writeReport(report, options.outputs);
  return report.success;
}

function usedPolicy(
  { sources }: PolicySpecification,
  pinned: readonly SourceGroup[],
  { rekorUrl, publicKey }: { readonly rekorUrl: string | undefined; readonly publicKey: string | undefined },
): UsedPolicy {
  return {
    ...(sources.length === 0 ? {} : { sources: pinned }),
    ...(rekorUrl === undefined ? {} : { rekorUrl }),
    ...(publicKey === undefined ? {} : { publicKey }),
  };
}
