// SPDX-License-Identifier: Apache-2.0

/** Milliseconds on a clock that never goes back; only differences mean something. */
export function monotonicMs(): number {
  return performance.now();
}

/** The same on a clock that all processes of this machine share, and that nobody sets: a moment may be handed to another process. */
export function machineMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** The wall clock, for what people and protocols read: log entries, run folders, reports. */
export function wallClock(): Date {
  return new Date();
}

/** The wall clock in whole seconds since 1970, as Rekor's integratedTime wants it. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
