// SPDX-License-Identifier: Apache-2.0
import type { StampedeWorld } from './world.ts';

/** Why a step is not done here; the report groups by these words. */
const reasons = {
  cluster: 'it needs a whole cluster with Tekton, and of a cluster the stage has the policy API alone',
  keyless: 'it needs keyless signing, and no certificate authority is on stage',
  rootOfTrust: "it needs a TUF repository with a root of trust, and none is on stage: validators are told the log's key in SIGSTORE_REKOR_PUBLIC_KEY",
} as const;

/** For what a step returns that is not done here: the scenario ends with it, and has neither held nor failed. */
export function pending(world: StampedeWorld, what: keyof typeof reasons): 'pending' {
  return pendingBecause(world, reasons[what]);
}

/** The same, where it depends on the machine. */
export function pendingBecause(world: StampedeWorld, reason: string): 'pending' {
  world.log(reason);
  return 'pending';
}
