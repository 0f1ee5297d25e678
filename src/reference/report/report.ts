// SPDX-License-Identifier: Apache-2.0
import type { Outcome, Result } from '../policy/outcome.ts';

export interface SignatureLine {
  readonly keyid: string;
  /** Base64. */
  readonly sig: string;
}

export interface AttestationLine {
  readonly type: string;
  readonly predicateType: string;
  readonly predicateBuildType?: string;
  readonly signatures: readonly SignatureLine[];
}

/** What was found out about one component. */
export interface ComponentFindings {
  readonly name: string;
  /** Pinned to a digest, or as it was given where that was not possible. */
  readonly containerImage: string;
  readonly source: unknown;
  readonly outcome: Outcome;
  readonly signatures: readonly SignatureLine[];
  readonly attestations: readonly AttestationLine[];
}

/** The policy as it was used: sources pinned to commits. */
export interface UsedPolicy {
  readonly sources?: readonly { readonly name?: string; readonly policy: readonly string[] }[];
  readonly rekorUrl?: string;
  readonly publicKey?: string;
}

export interface ReportSettings {
  readonly key: string;
  readonly policy: UsedPolicy;
  readonly version: string;
  /** RFC 3339. */
  readonly effectiveTime: string;
  readonly showSuccesses: boolean;
  /** Titles and descriptions beside the codes. */
  readonly info: boolean;
}

/** The report, keys in the order in which they are written. */
export interface Report {
  readonly success: boolean;
  readonly components: readonly ReportedComponent[];
  readonly key: string;
  readonly policy: UsedPolicy;
  readonly 'ec-version': string;
  readonly 'effective-time': string;
}

export interface ReportedComponent {
  readonly name: string;
  readonly containerImage: string;
  readonly source: unknown;
  readonly violations?: readonly Result[];
  readonly warnings?: readonly Result[];
  readonly successes?: readonly Result[];
  readonly success: boolean;
  readonly signatures?: readonly SignatureLine[];
  readonly attestations?: readonly AttestationLine[];
}

const briefMetadata = new Set(['code', 'effective_on', 'term']);

/** Puts the report together: components by reference, descending, then by name. */
export function makeReport(findings: readonly ComponentFindings[], settings: ReportSettings): Report {
  const components = [...findings].sort(byReference).map((one) => reported(one, settings));
  return {
    success: components.every(({ success }) => success),
    components,
    key: settings.key,
    policy: settings.policy,
    'ec-version': settings.version,
    'effective-time': settings.effectiveTime,
  };
}

function reported(findings: ComponentFindings, { showSuccesses, info }: ReportSettings): ReportedComponent {
  const { violations, warnings, successes } = findings.outcome;
  const detail = (results: readonly Result[]): readonly Result[] => (info ? results : results.map(brief));
  return {
    name: findings.name,
    containerImage: findings.containerImage,
    source: findings.source,
    ...listed('violations', detail(violations)),
    ...listed('warnings', detail(warnings)),
    ...listed('successes', showSuccesses ? detail(successes) : []),
    success: violations.length === 0,
    ...listed('signatures', findings.signatures),
    ...listed('attestations', findings.attestations),
  };
}

function brief({ msg, metadata = {} }: Result): Result {
  const kept = Object.entries(metadata).filter(([key]) => briefMetadata.has(key));
  return kept.length === 0 ? { msg } : { msg, metadata: Object.fromEntries(kept) };
}

function listed<K extends string, V>(key: K, list: readonly V[]): { readonly [name in K]?: readonly V[] } {
  return list.length === 0 ? {} : ({ [key]: list } as { readonly [name in K]: readonly V[] });
}

function byReference(left: ComponentFindings, right: ComponentFindings): number {
  if (left.containerImage !== right.containerImage) return left.containerImage < right.containerImage ? 1 : -1;
  return left.name === right.name ? 0 : left.name < right.name ? -1 : 1;
}
