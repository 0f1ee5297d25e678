// SPDX-License-Identifier: Apache-2.0
import { StampedeError, type ErrorCode } from '../foundation/errors.ts';

interface Trouble {
  readonly sign: RegExp;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

const fullDisk = /no space left on device|disk quota exceeded|don't have enough free space/i;

/** In the engines' own words, as Docker 20.10 to 28 and Podman 4 say them. */
const troubles: readonly Trouble[] = [
  {
    sign: /port is already allocated|address already in use/i,
    code: 'PORT_TAKEN',
    message: 'its port is taken',
    hint: 'leave the port out: a free one is taken',
  },
  {
    sign: /non-overlapping IPv4 address pool|all predefined address pools have been fully subnetted|could not find free subnet/i,
    code: 'ENGINE_OUT_OF_NETWORKS',
    message: 'the engine has no address range left for a network',
    hint: 'docker network prune removes what nobody uses; bridges of an engine that is gone stay until somebody removes them (ip link show type bridge), and default-address-pools in its settings makes room for more',
  },
  { sign: fullDisk, code: 'DISK_FULL', message: "the engine's disk is full", hint: 'make room: docker system df shows what takes it, docker system prune removes what nobody uses' },
  {
    sign: /no such image|manifest (?:for .* )?(?:unknown|not found)|pull access denied|repository does not exist|failed to resolve reference|image not known/i,
    code: 'IMAGE_MISSING',
    message: "its image is not there and can't be pulled",
    hint: 'npm run images:build makes the images, on machines that can pull and on others',
  },
  { sign: /exec format error|does not match the (?:specified|detected) .*platform/i, code: 'IMAGE_WRONG_PLATFORM', message: 'its image is for another architecture', hint: 'npm run images:build -- --fresh builds it for this one' },
  {
    sign: /ECONNREFUSED|ECONNRESET|ENOENT.*\.sock|socket hang up|cannot connect to the docker daemon/i,
    code: 'ENGINE_MISSING',
    message: 'the container engine went away',
    hint: 'restart it, or run without containers: --stage embedded',
  },
];

/** True where a program, whichever it was, has said that there is no room left. */
export function isDiskFull(said: string): boolean {
  return fullDisk.test(said);
}

/** What an error of the engine means for a person; with the last lines of the container's log where there are any. */
export function engineTrouble(service: string, cause: unknown, logs: readonly string[] = []): StampedeError {
  if (cause instanceof StampedeError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  // A service on a full disk ends with an error of its own, and only its log says why.
  const known = troubles.find(({ sign }) => sign.test(said)) ?? troubles.find(({ sign }) => sign === fullDisk && logs.some(isDiskFull));
  const tail = logs.length === 0 ? '' : `; its last lines:\n${logs.slice(-15).map((line) => `    ${line}`).join('\n')}`;
  const hint = known?.hint ?? 'the cause is in the engine or in the service: docker events and docker logs say more';
  return new StampedeError(known?.code ?? 'SERVICE_START_FAILED', `${service}: ${known?.message ?? said}${tail}`, { cause, hint });
}
