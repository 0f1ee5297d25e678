// SPDX-License-Identifier: Apache-2.0

const statuses = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** The signals that a person, a build service, or a terminal that is closed stops a command with. */
export type Interruption = keyof typeof statuses;

/**
 * Runs an action that SIGINT and SIGTERM end as `onInterruption` says. Once one of them has come, what the action comes to does not
 * count any more: the clean-up ends the process.
 */
export async function interruptible<T>(cleanUp: (signal: Interruption) => Promise<void>, action: () => Promise<T>): Promise<T> {
  let isEnding = false;
  const stopListening = onInterruption(async (signal) => {
    isEnding = true;
    await cleanUp(signal);
  });
  const unlessEnding = async <R>(result: () => R): Promise<R> => {
    if (isEnding) await new Promise<never>(() => undefined);
    stopListening();
    return result();
  };
  return await action().then(
    async (value) => await unlessEnding(() => value),
    async (error: unknown) => await unlessEnding(() => {
      throw error;
    }),
  );
}

/**
 * On the first of these signals runs `cleanUp`, then ends the process with 128 and its number; on the second ends it at
 * once. Returns how to stop listening.
 */
export function onInterruption(cleanUp: (signal: Interruption) => Promise<void>): () => void {
  let isEnding = false;
  const listeners = (Object.keys(statuses) as Interruption[]).map((signal) => {
    const listener = (): void => {
      if (isEnding) process.exit(statuses[signal]);
      isEnding = true;
      void cleanUp(signal).finally(() => process.exit(statuses[signal]));
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => listeners.forEach((stop) => stop());
}
