// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { describeError, StampedeError } from './errors.ts';
import { ResourceStack } from './resources.ts';

async function failureOf(stack: ResourceStack): Promise<StampedeError> {
  const failure: unknown = await stack[Symbol.asyncDispose]().then(() => undefined, (error: unknown) => error);
  if (failure instanceof StampedeError) return failure;
  throw new Error('nothing was thrown');
}

describe('ResourceStack', () => {
  it('releases in reverse order, each after the one before has gone', async () => {
    const events: string[] = [];
    const stack = new ResourceStack();
    for (const name of ['one', 'two', 'three']) {
      stack.defer(name, async () => {
        events.push(`${name} goes`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} is gone`);
      });
    }
    await stack[Symbol.asyncDispose]();
    expect(events).toEqual(['three goes', 'three is gone', 'two goes', 'two is gone', 'one goes', 'one is gone']);
  });

  it('gives back what it takes over', async () => {
    let released = 0;
    const resource = { name: 'thing', [Symbol.asyncDispose]: async () => void (released += 1) };
    const stack = new ResourceStack();
    expect(stack.own('thing', resource)).toBe(resource);
    await stack[Symbol.asyncDispose]();
    expect(released).toBe(1);
  });

  it('releases all, and names each that failed, thrown at once or later', async () => {
    const released: string[] = [];
    const stack = new ResourceStack();
    stack.defer('first', () => void released.push('first'));
    stack.defer('later', async () => await Promise.reject(new Error('refused')));
    stack.defer('at once', () => {
      throw new Error('broken');
    });
    stack.defer('last', () => void released.push('last'));
    const failure = await failureOf(stack);
    expect(failure.code).toBe('TEARDOWN_FAILED');
    expect(failure.message).toContain('at once, later');
    expect(describeError(failure)).toMatch(/at once because broken; later because refused/);
    expect(released).toEqual(['last', 'first']);
  });

  it('does not wait for what hangs, names it, and releases the others', async () => {
    const released: string[] = [];
    const stack = new ResourceStack(30);
    stack.defer('first', () => void released.push('first'));
    stack.defer('the hung one', async () => await new Promise<never>(() => undefined));
    const failure = await failureOf(stack);
    expect(failure.code).toBe('TEARDOWN_FAILED');
    expect(failure.message).toContain('the hung one');
    expect(describeError(failure)).toContain('30 ms');
    expect(released).toEqual(['first']);
  });

  it('releases once when disposed twice, at once or one after the other', async () => {
    let released = 0;
    const stack = new ResourceStack();
    stack.defer('thing', () => void (released += 1));
    await Promise.all([stack[Symbol.asyncDispose](), stack[Symbol.asyncDispose]()]);
    await stack[Symbol.asyncDispose]();
    expect(released).toBe(1);
  });

  it('is not over for the one who comes second before all is released', async () => {
    const stack = new ResourceStack();
    let isReleased = false;
    stack.defer('slow', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isReleased = true;
    });
    void stack[Symbol.asyncDispose]();
    await stack[Symbol.asyncDispose]();
    expect(isReleased).toBe(true);
  });

  it('releases what was added while it was releasing', async () => {
    const released: string[] = [];
    const stack = new ResourceStack();
    stack.defer('outer', () => stack.defer('inner', () => void released.push('inner')));
    await stack[Symbol.asyncDispose]();
    expect(released).toEqual(['inner']);
  });

  it('one with a deadline of its own is waited for longer than the others', async () => {
    const stack = new ResourceStack(20);
    const later = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 80));
    stack.defer('patient', later, 5000);
    await stack[Symbol.asyncDispose]();
    stack.defer('usual', later);
    expect(describeError(await failureOf(stack))).toContain('still busy after 20 ms');
  });
});
