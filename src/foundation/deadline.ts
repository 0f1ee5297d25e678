// SPDX-License-Identifier: Apache-2.0

/** What a promise gives, or `late()` as its error once the time is over; the promise itself goes on. */
export async function withDeadline<T>(promise: Promise<T>, deadlineMs: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), deadlineMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
