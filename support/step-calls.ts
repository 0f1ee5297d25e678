// SPDX-License-Identifier: Apache-2.0
import { setDefaultTimeout, setDefinitionFunctionWrapper } from '@cucumber/cucumber';
import { AssertionError } from 'chai';
import { describeError, StampedeError } from '../src/foundation/errors.ts';
import { visible } from '../src/foundation/visible.ts';
import type { StampedeWorld } from './world.ts';

// How Cucumber calls a step, and what it gets to see of its errors.

type Call = (this: StampedeWorld, ...args: unknown[]) => unknown;
type Callback = (error?: unknown) => void;

/** Cucumber 12 shows a message only: code, causes and hint go into it. What it shows is kept, so secrets go by their names. */
function presentable(error: unknown, world: StampedeWorld): unknown {
  const shown = (text: string): string => visible(world.isOpen ? world.scenario.secrets.hider.hide(text) : text);
  if (error instanceof StampedeError) return Object.assign(new Error(shown(describeError(error))), { stack: shown(describeError(error)) });
  if (error instanceof AssertionError) return new Error(shown(`EXPECTATION_BROKEN: ${error.message}`));
  return error;
}

/** The step as it is written, then what the World says of the table or document that is not there. */
async function callWithoutInput(call: () => unknown, { world, done }: { readonly world: StampedeWorld; readonly done: Callback }): Promise<void> {
  try {
    await call();
    throw new StampedeError('DOCUMENT_MALFORMED', 'the step needs a table or a document below it, and there is none');
  } catch (error) {
    done(presentable(error, world));
  }
}

// Validators have deadlines of their own, shorter than this; Cucumber's would leave them running.
setDefaultTimeout(10 * 60 * 1000);
setDefinitionFunctionWrapper(
  (definition: Call) =>
    function wrapped(this: StampedeWorld, ...args: unknown[]): unknown {
      const given = args.slice(0, -1);
      // A callback comes last, always. Where a step has nothing below it, that one is taken for its last parameter, and a promise is refused.
      if (definition.length <= given.length) return call(this, () => definition.apply(this, given));
      return void callWithoutInput(() => definition.apply(this, [...given, undefined]), { world: this, done: args.at(-1) as Callback });
    },
);

async function call(world: StampedeWorld, definition: () => unknown): Promise<unknown> {
  try {
    return await definition();
  } catch (error) {
    throw presentable(error, world);
  }
}
