// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ScenarioRun } from './scenario-run.ts';

/**
 * A validator's root of trust is an empty folder of the scenario's own from now on, and `${TUF}` the address of a repository that
 * answers and has nothing. Keys come from the environment. Said twice is said once.
 */
export async function haveEmptyTuf(scenario: ScenarioRun): Promise<void> {
  const { TUF_ROOT, SIGSTORE_NO_CACHE: _, ...usual } = scenario.usualEnvironment;
  if (TUF_ROOT !== undefined) return;
  const { tuf } = scenario.folders;
  await mkdir(tuf, { recursive: true, mode: 0o700 });
  const repository = scenario.resources.own('TUF repository', await startEmptyRepository());
  scenario.usualEnvironment = { ...usual, TUF_ROOT: tuf };
  scenario.values.set('TUF', repository.url);
}

/** A client that asks for a newer root, or for any other metadata, learns that there is none. https://theupdateframework.github.io/specification/latest/ */
async function startEmptyRepository(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(404, { 'content-type': 'text/plain' }).end('this TUF repository is empty\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
