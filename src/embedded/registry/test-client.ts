// SPDX-License-Identifier: Apache-2.0
import { digestOf, type Digest } from '../../oci/digest.ts';
import { MediaType } from '../../oci/manifest.ts';

/** An answer as tests compare it; `code` is the first of a refusal. */
export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly code: string | undefined;
}

/** Speaks the protocol to a registry word by word, for its tests; a push that must go well throws when it does not. */
export interface TestClient {
  ask(method: string, path: string, init?: { headers?: Record<string, string>; body?: string | Uint8Array }): Promise<Got>;
  pushBlob(repository: string, content: string): Promise<Digest>;
  /** The address of a new upload. */
  startUpload(repository: string): Promise<string>;
  putManifest(repository: string, reference: string, bytes: string, mediaType?: string): Promise<Got>;
}

/** `url` is asked for in each call, so that the registry may be started later. */
export function testClient(url: () => string): TestClient {
  const ask: TestClient['ask'] = async (method, path, init = {}) => {
    const response = await fetch(new URL(path, url()), { method, ...init });
    const body = await response.text();
    const isRefusal = response.status >= 400 && body !== '';
    const code = isRefusal ? (JSON.parse(body) as { errors: [{ code: string }] }).errors[0].code : undefined;
    return { status: response.status, headers: response.headers, body, code };
  };
  return {
    ask,
    pushBlob: async (repository, content) => {
      const digest = digestOf(Buffer.from(content));
      const { status } = await ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: content });
      if (status !== 201) throw new Error(`pushing a blob: ${status}`);
      return digest;
    },
    startUpload: async (repository) => {
      const { status, headers } = await ask('POST', `/v2/${repository}/blobs/uploads/`);
      const location = headers.get('location');
      if (status !== 202 || location === null) throw new Error(`starting an upload: ${status}`);
      return location;
    },
    putManifest: async (repository, reference, bytes, mediaType = MediaType.ociManifest) =>
      await ask('PUT', `/v2/${repository}/manifests/${reference}`, { body: bytes, headers: { 'content-type': mediaType } }),
  };
}
