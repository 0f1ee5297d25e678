// SPDX-License-Identifier: Apache-2.0
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { StampedeError } from '../foundation/errors.ts';
import type { Engine } from './engine.ts';
import type { RunningContainer } from './running-group.ts';

/** The log's public key as PEM, from the log itself: it made the key when it started, for this run alone. */
export async function logKeyAt(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/log/publicKey`);
  const key = await response.text();
  if (response.ok && key.includes('BEGIN PUBLIC KEY')) return key;
  throw new StampedeError('SERVICE_START_FAILED', `rekor answered ${response.status} when asked for its key`);
}

/** The certificate that the git host made for itself as PEM, read inside its container. */
export async function certificateIn({ api }: Engine, containers: readonly RunningContainer[]): Promise<string> {
  const container = containers.find(({ service }) => service === 'git');
  const run = await api.getContainer(container?.id ?? '').exec({ Cmd: ['cat', '/srv/tls/certificate.pem'], AttachStdout: true });
  const stream = await run.start({});
  const output = new PassThrough();
  api.modem.demuxStream(stream, output, new PassThrough().resume());
  stream.on('end', () => output.end());
  const certificate = await text(output);
  if (certificate.includes('BEGIN CERTIFICATE')) return certificate;
  throw new StampedeError('SERVICE_START_FAILED', 'git has no certificate at /srv/tls/certificate.pem');
}
