// SPDX-License-Identifier: Apache-2.0

/** One of a bounded number of places. */
export interface Slot {
  /** True once the place was taken away, because its holder was idle while others waited. */
  readonly isRevoked: boolean;
  /** Tells that the holder waits for somebody else, and what takes the place away from it. */
  idle(revoke: () => void): void;
  /** Tells that the holder works again. */
  busy(): void;
  release(): void;
}

export interface Slots {
  /** Waits for a free place. */
  acquire(): Promise<Slot>;
}

interface Held {
  idleSince: number | undefined;
  revoke: () => void;
}

/**
 * At most `most` holders at a time. One that was idle for `patienceMs` gives its place to one that waits: somebody
 * who opened a stream and forgot about it does not stop the others.
 */
export function createSlots(most: number, patienceMs: number, now: () => number = () => performance.now()): Slots {
  const held = new Set<Held>();
  const waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;

  const next = (): void => {
    while (held.size < most && waiting.length > 0) waiting.shift()?.();
    if (waiting.length === 0) clearTimeout(timer);
  };
  const revokeIdle = (): void => {
    const [oldest] = [...held].filter(({ idleSince }) => idleSince !== undefined).sort((left, right) => (left.idleSince ?? 0) - (right.idleSince ?? 0));
    if (oldest?.idleSince !== undefined && now() - oldest.idleSince >= patienceMs) oldest.revoke();
    if (waiting.length > 0) look();
  };
  const look = (): void => {
    clearTimeout(timer);
    timer = setTimeout(revokeIdle, patienceMs);
  };
  const take = (): Slot => {
    const mine: Held = { idleSince: undefined, revoke: () => undefined };
    held.add(mine);
    const release = (): void => void (held.delete(mine) && next());
    return {
      get isRevoked() {
        return !held.has(mine);
      },
      idle: (revoke) => Object.assign(mine, { idleSince: now(), revoke: () => (release(), revoke()) }),
      busy: () => void (mine.idleSince = undefined),
      release,
    };
  };

  return {
    acquire: async () => {
      if (held.size < most) return take();
      return await new Promise((resolve) => {
        waiting.push(() => void resolve(take()));
        look();
      });
    },
  };
}
