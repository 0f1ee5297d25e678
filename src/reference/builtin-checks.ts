// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { Statement } from '../sigstore/statement.ts';
import { verifyAttestations, verifyImageSignatures, type VerifiedAttestation, type VerifiedSignature } from '../sigstore/verify-image.ts';
import type { Image } from './image.ts';
import type { Outcome, Result } from './policy/outcome.ts';
import type { Trust } from './trust.ts';

/** What the checks that no policy can switch off found. */
export interface BuiltinFindings {
  readonly outcome: Outcome;
  readonly signatures: readonly VerifiedSignature[];
  /** Empty when the checks of the attestations failed, and then no policy is asked. */
  readonly attestations: readonly VerifiedAttestation[];
}

/** Never throws: whatever goes wrong is a violation of the check it happened in. */
export async function runBuiltinChecks(image: Image, { publicKeyPem, log }: Trust): Promise<BuiltinFindings> {
  const { digest, repository, registry } = image;
  const options = { registry, repository, digest, publicKeyPem, log };
  const [signatures, attestations] = await Promise.all([
    attempt('builtin.image.signature_check', 'Image signature check', async () => await verifyImageSignatures(options)),
    attempt('builtin.attestation.signature_check', 'Attestation signature check', async () => await verifyAttestations(options)),
  ]);
  const checks: Checked<unknown>[] = [signatures, attestations];
  if (attestations.value !== undefined) {
    const statements = attestations.value.map(({ statement }) => statement);
    checks.push(await attempt('builtin.attestation.syntax_check', 'Attestation syntax check', async () => statements.forEach(checkSyntax)));
  }
  const failed = checks.filter(({ passed }) => !passed).map(({ result }) => result);
  const isSound = attestations.passed && checks.every((check) => check === signatures || check.passed);
  return {
    outcome: { violations: failed, warnings: [], successes: checks.filter(({ passed }) => passed).map(({ result }) => result) },
    signatures: signatures.value ?? [],
    attestations: isSound ? (attestations.value ?? []) : [],
  };
}

interface Checked<T> {
  readonly passed: boolean;
  readonly result: Result;
  readonly value: T | undefined;
}

async function attempt<T>(code: string, title: string, check: () => Promise<T>): Promise<Checked<T>> {
  const metadata = { code, title };
  try {
    const value = await check();
    return { passed: true, result: { msg: 'Pass', metadata }, value };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { passed: false, result: { msg: `${title} failed: ${reason}`, metadata }, value: undefined };
  }
}

const builder = z.object({ id: z.string().min(1) });
const predicates: Readonly<Record<string, z.ZodType>> = {
  // https://slsa.dev/spec/v0.2/provenance#schema
  'https://slsa.dev/provenance/v0.2': z.object({ builder, buildType: z.string().min(1) }),
  // https://slsa.dev/spec/v1.0/provenance#schema
  'https://slsa.dev/provenance/v1': z.object({
    buildDefinition: z.object({ buildType: z.string().min(1), externalParameters: z.record(z.string(), z.unknown()) }),
    runDetails: z.object({ builder }),
  }),
};

/** Provenance must be what its specification says; other predicates are the policies' affair. */
function checkSyntax({ predicateType, predicate }: Statement): void {
  const parsed = predicates[predicateType]?.safeParse(predicate);
  if (parsed === undefined || parsed.success) return;
  throw new Error(`${predicateType}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
}
