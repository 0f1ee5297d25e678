// SPDX-License-Identifier: Apache-2.0

/**
 * Starts all and waits for all. When one fails, which is the harness's failure and never the validator's, the signal
 * tells the others to end; its error is thrown once none runs any more, so that nothing outlives its doors.
 */
export async function runInParallel<T>(runs: readonly ((signal: AbortSignal) => Promise<T>)[], stop?: AbortSignal): Promise<readonly T[]> {
  const failed = new AbortController();
  const signal = stop === undefined ? failed.signal : AbortSignal.any([failed.signal, stop]);
  const failures: unknown[] = [];
  const results = await Promise.all(
    runs.map(async (run) => {
      try {
        return [await run(signal)];
      } catch (error) {
        failures.push(error);
        failed.abort();
        return [];
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
  return results.flat();
}
