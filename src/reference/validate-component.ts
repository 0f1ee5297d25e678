// SPDX-License-Identifier: Apache-2.0
import { hasCode } from '../foundation/errors.ts';
import type { VerifiedAttestation } from '../sigstore/verify-image.ts';
import { runBuiltinChecks, type BuiltinFindings } from './builtin-checks.ts';
import type { Component } from './components.ts';
import { openImage, type Image } from './image.ts';
import type { CompiledPolicy } from './policy/compiled.ts';
import { evaluatePolicy, mergeOutcomes, type Outcome } from './policy/outcome.ts';
import { policyInput } from './policy-input.ts';
import type { LayerSource } from './read-layer.ts';
import type { Connection } from '../oci/registry-at.ts';
import type { AttestationLine, ComponentFindings } from './report/report.ts';
import type { Trust } from './trust.ts';

/** What all components of a run share. */
export interface ValidationSettings {
  readonly policies: readonly CompiledPolicy[];
  readonly trust: Trust;
  readonly layerSource: LayerSource;
  readonly connection: Connection;
  readonly effectiveTime: Date;
}

/**
 * Everything there is to find out about one component. An image that can't be reached or read is a violation.
 * @throws StampedeError POLICY_MALFORMED when a policy itself fails
 */
export async function validateComponent(component: Component, settings: ValidationSettings): Promise<ComponentFindings> {
  const { name, containerImage, source } = component;
  const findings = { name, containerImage, source, signatures: [], attestations: [] };
  const image = await orViolation(openImage(containerImage, settings.connection));
  if ('violations' in image) return { ...findings, outcome: image };
  const builtin = await runBuiltinChecks(image, settings.trust);
  return {
    ...findings,
    containerImage: image.pinned,
    outcome: mergeOutcomes([builtin.outcome, await evaluate(image, builtin, settings)]),
    signatures: builtin.signatures.map(({ signature }) => ({ keyid: '', sig: signature })),
    attestations: builtin.attestations.map(attestationLine),
  };
}

/** Policies judge by the attestations, so without any that count none is asked. */
async function evaluate(image: Image, builtin: BuiltinFindings, settings: ValidationSettings): Promise<Outcome> {
  if (builtin.attestations.length === 0 || settings.policies.length === 0) return nothing;
  const input = await orViolation(policyInput(image, builtin, settings));
  if ('violations' in input) return input;
  return mergeOutcomes(settings.policies.map((policy) => evaluatePolicy(policy, input, settings.effectiveTime)));
}

const nothing: Outcome = { violations: [], warnings: [], successes: [] };

async function orViolation<T extends object>(work: Promise<T>): Promise<T | Outcome> {
  return await work.catch((error: unknown) => {
    const metadata = { code: 'builtin.image.accessible', title: 'The image can be read' };
    return { ...nothing, violations: [{ msg: `The image can't be read: ${rootCauseOf(error)}`, metadata }] };
  });
}

/** Where a cache stood in between is no finding about the image. */
function rootCauseOf(error: unknown): string {
  if (hasCode(error, 'LAYER_FETCH_FAILED') && error.cause !== undefined) return rootCauseOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}

function attestationLine({ statement, signatures }: VerifiedAttestation): AttestationLine {
  const predicate = statement.predicate as { readonly buildType?: unknown; readonly buildDefinition?: { readonly buildType?: unknown } } | undefined;
  const buildType = predicate?.buildType ?? predicate?.buildDefinition?.buildType;
  return {
    type: statement._type,
    predicateType: statement.predicateType,
    ...(typeof buildType === 'string' ? { predicateBuildType: buildType } : {}),
    signatures: signatures.map(({ keyid, sig }) => ({ keyid: keyid ?? '', sig })),
  };
}
