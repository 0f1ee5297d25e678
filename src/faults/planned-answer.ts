// SPDX-License-Identifier: Apache-2.0
import type { OutgoingHttpHeaders } from 'node:http';
import type { RegistryTarget } from '../history/event.ts';

/** What a registry says instead of what was asked for. */
export interface PlannedAnswer {
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** Seconds after which a client that was turned away may ask again. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
const retryAfterSeconds = '1';

/**
 * A status with the headers and the error code that registries send with it: 401 says how to log in, 429 and 503 when to come
 * back. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export function plannedAnswer(status: number, { resource }: Pick<RegistryTarget, 'resource'>): PlannedAnswer {
  const body = `${JSON.stringify({ errors: [{ code: codeOf(status, resource), message: 'planned by the schedule' }] })}\n`;
  return { headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headersOf(status) }, body };
}

function headersOf(status: number): OutgoingHttpHeaders {
  switch (status) {
    case 401:
      return { 'www-authenticate': 'Basic realm="planned by the schedule"' };
    case 429:
    case 503:
      return { 'retry-after': retryAfterSeconds };
    default:
      return {};
  }
}

function codeOf(status: number, resource: RegistryTarget['resource']): string {
  switch (status) {
    case 401:
      return 'UNAUTHORIZED';
    case 403:
      return 'DENIED';
    case 404:
      return resource === 'manifest' ? 'MANIFEST_UNKNOWN' : resource === 'blob' ? 'BLOB_UNKNOWN' : 'NAME_UNKNOWN';
    case 429:
      return 'TOOMANYREQUESTS';
    case 503:
      return 'UNAVAILABLE';
    default:
      return 'UNKNOWN';
  }
}
