// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StampedeError } from '../foundation/errors.ts';
import { selfSignedCertificate } from './certificate.ts';
import { runBackend } from './git-host/backend.ts';
import { answerFirstPush, smallPushOf } from './git-host/first-push.ts';
import { ensureRepository, placeOf } from './git-host/repositories.ts';
import { createTurnstile } from './git-host/turnstile.ts';
import { serve, type EmbeddedServer } from './server.ts';

export interface GitHostOptions {
  /** Repositories lie below it, in one folder for each scenario. */
  readonly directory: string;
  readonly port?: number;
  /** Pushes are refused; what is served lies there already. Default: a push makes the repository. */
  readonly isReadOnly?: boolean;
}

export interface GitHost extends EmbeddedServer {
  /** PEM file with the certificate that clients have to trust. */
  readonly certificateFile: string;
}

const run = promisify(execFile);
/** Processes of git at once; further requests wait their turn. */
const mostBackends = 8;

/**
 * Serves repositories over https by git's own http-backend. A push to one that isn't there makes it.
 * https://git-scm.com/docs/git-http-backend
 * @throws StampedeError GIT_MISSING, PORT_TAKEN
 */
export async function startGitHost({ directory, port = 0, isReadOnly = false }: GitHostOptions): Promise<GitHost> {
  const repositories = join(directory, 'repositories');
  const home = join(directory, 'home');
  await Promise.all([mkdir(repositories, { recursive: true, mode: 0o700 }), mkdir(home, { recursive: true, mode: 0o700 })]);
  const [backend, { certificatePem, privateKeyPem }] = await Promise.all([findBackend(), selfSignedCertificate()]);
  const certificateFile = join(directory, 'certificate.pem');
  await writeFile(certificateFile, certificatePem);
  const turnstile = createTurnstile(mostBackends);
  const notes: string[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const place = placeOf(request.url ?? '');
    if (place === undefined) return refuse(response, 404, 'no such repository');
    if (place.isPush && isReadOnly) return refuse(response, 403, 'this host takes no pushes');
    // A client without the smart protocol asks for files that are not served: it is told so at its first question.
    if (place.service === '/info/refs' && !/(?:^|&)service=git-(?:upload|receive)-pack(?:&|$)/.test(place.query)) return refuse(response, 403, 'this host speaks the smart protocol only: use a newer client of git');
    ensureRepository(place, repositories);
    const body = await smallPushOf(place, request);
    const leave = await turnstile();
    try {
      const answered = await answerFirstPush(place, { repositories, home, body });
      if (answered !== undefined) response.writeHead(200, { 'content-type': answered.type, 'cache-control': 'no-cache' }).end(answered.text);
      else await runBackend({ request, response, ...(body === undefined ? {} : { body }), place, repositories, home, backend, note: (line) => void notes.push(line) });
    } finally {
      leave();
    }
  };
  const server = await serve(createServer({ cert: certificatePem, key: privateKeyPem }), handle, { protocol: 'https', port });
  return { ...server, logs: () => [...server.logs(), ...notes.slice(-100)], certificateFile };
}

/**
 * The program that git comes with for serving.
 * @throws StampedeError GIT_MISSING
 */
export async function findBackend(): Promise<string> {
  const hint = 'install git; in some distributions its http-backend is a package of its own (git-daemon in Alpine)';
  const found = await run('git', ['--exec-path']).catch((cause: unknown) => {
    throw new StampedeError('GIT_MISSING', 'git is not on the PATH', { cause, hint });
  });
  const backend = join(found.stdout.trim(), process.platform === 'win32' ? 'git-http-backend.exe' : 'git-http-backend');
  if (!existsSync(backend)) throw new StampedeError('GIT_MISSING', 'this git has no http-backend', { hint });
  return backend;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${message}\n`);
}
