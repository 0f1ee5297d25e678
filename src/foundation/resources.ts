// SPDX-License-Identifier: Apache-2.0
import { withDeadline } from './deadline.ts';
import { StampedeError } from './errors.ts';

interface Owned {
  readonly label: string;
  readonly release: () => Promise<void> | void;
  readonly deadlineMs: number;
}

/**
 * What one scenario or command has opened. Released in reverse order, each within a deadline, all of them
 * even when one fails; Node 20 has no AsyncDisposableStack.
 */
export class ResourceStack implements AsyncDisposable {
  readonly #owned: Owned[] = [];
  readonly #deadlineMs: number;
  #isReleased = false;
  #releasing: Promise<void> = Promise.resolve();

  constructor(deadlineMs = 10_000) {
    this.#deadlineMs = deadlineMs;
  }

  /** True from the moment in which it begins to be disposed: nothing new may be begun with what it owns. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** Takes over an async-disposable thing and returns it. */
  own<T extends AsyncDisposable>(label: string, resource: T): T {
    this.defer(label, async () => await resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Runs `release` when the stack is disposed; with a deadline of its own where others do the work, such as an engine. */
  defer(label: string, release: () => Promise<void> | void, deadlineMs = this.#deadlineMs): void {
    this.#owned.push({ label, release, deadlineMs });
  }

  /**
   * Releases everything. Disposing twice releases once, and both are over when all is released: who ends the process after it must not do so while
   * somebody else still releases.
   * @throws StampedeError TEARDOWN_FAILED naming every resource that failed or hung, to the one who released them.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isReleased = true;
    const before = this.#releasing.catch(() => undefined);
    this.#releasing = before.then(async () => await this.#release());
    await this.#releasing;
  }

  async #release(): Promise<void> {
    const failures: Error[] = [];
    for (let next = this.#owned.pop(); next !== undefined; next = this.#owned.pop()) {
      try {
        await withDeadline(releaseOf(next), next.deadlineMs, () => new Error(`still busy after ${next.deadlineMs} ms`));
      } catch (error) {
        failures.push(new Error(next.label, { cause: error }));
      }
    }
    if (failures.length === 0) return;
    const labels = failures.map((failure) => failure.message).join(', ');
    throw new StampedeError('TEARDOWN_FAILED', `could not release: ${labels}`, {
      cause: failures.length === 1 ? failures[0] : new AggregateError(failures, 'several failed'),
    });
  }
}

/** Also what throws at once becomes a rejection. */
async function releaseOf({ release }: Owned): Promise<void> {
  await release();
}
