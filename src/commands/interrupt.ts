// SPDX-License-Identifier: Apache-2.0
import { describeError } from '../foundation/errors.ts';
import { ResourceStack } from '../foundation/resources.ts';
import type { TerminalReport } from '../report/terminal.ts';

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
 * Runs an action with resources that are given back at its end, and when it is interrupted: then the report says so first, `signal` (that of `ending`) tells
 * what waits, and what can't be given back is said and does not count.
 */
export async function withResources<T>(report: TerminalReport, action: (resources: ResourceStack, signal: AbortSignal) => Promise<T>, ending = new AbortController()): Promise<T> {
  const resources = new ResourceStack();
  const cleanUp = async (signal: Interruption): Promise<void> => {
    report.interrupted(signal);
    ending.abort();
    await resources[Symbol.asyncDispose]().catch((error: unknown) => process.stderr.write(`${describeError(error)}\n`));
  };
  return await interruptible(cleanUp, async () => {
    try {
      return await action(resources, ending.signal);
    } finally {
      await resources[Symbol.asyncDispose]();
    }
  });
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
