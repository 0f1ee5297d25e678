// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../foundation/errors.ts';
import type { Transport, TransportResponse } from '../oci/transport.ts';
import type { PackedCommit } from './git-objects.ts';

const branch = 'refs/heads/main';
const nothing = '0'.repeat(40);
const flush = '0000';
const answerLimit = 4 * 1024 * 1024;

/**
 * Makes `main` of a repository this commit, whatever it was before, as `git push --force` does.
 * https://git-scm.com/docs/gitprotocol-http and https://git-scm.com/docs/gitprotocol-pack
 * @throws StampedeError GIT_FAILED with what the host said; CONNECTION_FAILED
 */
export async function pushCommit(transport: Transport, url: string, { id, pack }: PackedCommit): Promise<void> {
  const before = await currentCommit(transport, url);
  if (before === id) return;
  const command = line(`${before} ${id} ${branch}\0 report-status agent=stampede\n`);
  const headers = { 'content-type': 'application/x-git-receive-pack-request', accept: 'application/x-git-receive-pack-result' };
  const response = await transport.request(`${url}/git-receive-pack`, { method: 'POST', headers, body: Buffer.concat([Buffer.from(command + flush), pack]) });
  const report = linesOf(await bodyOf(response, url), url);
  const refused = report.filter((one) => one !== 'unpack ok' && one !== `ok ${branch}`);
  if (refused.length > 0 || report.length < 2) throw failed(url, refused.join(', ') || 'it reported nothing');
}

async function currentCommit(transport: Transport, url: string): Promise<string> {
  const response = await transport.request(`${url}/info/refs?service=git-receive-pack`);
  const [service = '', first = '', ...others] = linesOf(await bodyOf(response, url), url);
  if (service !== '# service=git-receive-pack') throw failed(url, 'it is no host of the smart protocol');
  const [reference = '', capabilities = ''] = first.split('\0');
  const format = /(?:^| )object-format=(\S+)/.exec(capabilities)?.[1] ?? 'sha1';
  if (format !== 'sha1') throw failed(url, `it names objects by ${format}`);
  const found = [reference, ...others].map((one) => one.split(' ')).find(([, name]) => name === branch);
  return found?.[0] ?? nothing;
}

async function bodyOf(response: TransportResponse, url: string): Promise<Buffer> {
  const bytes = await response.bytes(answerLimit);
  if (response.status === 200) return bytes;
  throw failed(url, `${response.status} ${bytes.subarray(0, 1000).toString('utf8').trim()}`.trim());
}

function line(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}

/** What stands in the lines of a packet; those that only part them are left out. */
function linesOf(bytes: Buffer, url: string): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16);
    if (Number.isNaN(length) || at + Math.max(length, 4) > bytes.length) throw failed(url, 'its answer is not of the smart protocol');
    if (length > 4) lines.push(bytes.toString('utf8', at + 4, at + length).replace(/\n$/, ''));
    at += Math.max(length, 4);
  }
  return lines;
}

function failed(url: string, said: string): StampedeError {
  return new StampedeError('GIT_FAILED', `git push to ${url} failed: ${said}`);
}
