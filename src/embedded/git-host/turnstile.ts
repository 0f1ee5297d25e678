// SPDX-License-Identifier: Apache-2.0

/** Lets `most` in at a time, in the order of arrival; resolves to what is called on leaving. */
export function createTurnstile(most: number): () => Promise<() => void> {
  const waiting: (() => void)[] = [];
  let inside = 0;
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) inside -= 1;
    else next();
  };
  return async () => {
    if (inside < most) inside += 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    return leave;
  };
}
