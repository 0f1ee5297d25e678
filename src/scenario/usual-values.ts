// SPDX-License-Identifier: Apache-2.0

/** Whose certificate feature files name where a signature is keyless: a build service in a cluster. */
const certificate = {
  CERT_IDENTITY: 'https://kubernetes.io/namespaces/default/serviceaccounts/default',
  CERT_ISSUER: 'https://kubernetes.default.svc.cluster.local',
} as const;

const days = 30;

/** What documents and commands can name in every scenario, whatever is on stage. */
export function usualValues(now: Date): Readonly<Record<string, string>> {
  const then = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days));
  return { ...certificate, TODAY_PLUS_30_DAYS: then.toISOString().replace('.000Z', 'Z') };
}
