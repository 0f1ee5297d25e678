// SPDX-License-Identifier: Apache-2.0
import { isRepository } from '../../oci/reference.ts';
import { hasBlob, linkBlob } from './blobs.ts';
import { algorithmNamed, algorithmOf, isContentDigest, type ContentDigest, type DigestAlgorithm } from './content-digest.ts';
import { refusal, type Answer } from './respond.ts';
import type { Call, Registry, Route } from './route.ts';
import type { Upload } from './uploads.ts';

/**
 * Starts an upload, or does it in one request (`digest`), or takes the blob from another repository (`mount`, `from`).
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository
 */
export const startUpload: Route = async (registry, call) => {
  const { repository, query } = call;
  const [mount = '', from = '', digest] = ['mount', 'from', 'digest'].map((name) => query.get(name) ?? undefined);
  if (isContentDigest(mount) && isRepository(from) && hasBlob(registry.paths, from, mount)) {
    return linkBlob(registry.paths, repository, mount);
  }
  if (digest !== undefined && !isContentDigest(digest)) return invalidDigest(digest);
  const named = query.get('digest-algorithm');
  const algorithm = named === null ? undefined : algorithmNamed(named);
  if (named !== null && algorithm === undefined) return refusal(400, 'DIGEST_INVALID', `not a digest algorithm of this registry: ${named}`);
  const upload = registry.uploads.start(repository, algorithm);
  return digest === undefined ? { status: 202, headers: progress(upload) } : await complete(registry, call, { upload, digest });
};

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks */
export const appendChunk: Route = async (registry, call) => {
  const upload = registry.uploads.find(call.reference, call.repository);
  if (upload === undefined) return unknown(call);
  return (await receive(registry, call, upload)) ?? { status: 202, headers: progress(upload) };
};

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put */
export const finishUpload: Route = async (registry, call) => {
  const upload = registry.uploads.find(call.reference, call.repository);
  if (upload === undefined) return unknown(call);
  const digest = call.query.get('digest') ?? '';
  return isContentDigest(digest) ? await complete(registry, call, { upload, digest }) : invalidDigest(digest);
};

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks */
export const uploadStatus: Route = async ({ uploads }, call) => {
  const upload = uploads.find(call.reference, call.repository);
  return Promise.resolve(upload === undefined ? unknown(call) : { status: 204, headers: progress(upload) });
};

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#cancel-a-blob-upload */
export const cancelUpload: Route = async ({ uploads }, call) => {
  const upload = uploads.find(call.reference, call.repository);
  if (upload === undefined) return unknown(call);
  await uploads.discard(upload);
  return { status: 204 };
};

async function complete(registry: Registry, call: Call, { upload, digest }: { upload: Upload; digest: ContentDigest }): Promise<Answer> {
  const refused = await receive(registry, call, upload, algorithmOf(digest));
  if (refused !== undefined) return refused;
  const isWhole = await registry.uploads.finish(upload, digest, registry.paths.content(digest));
  return isWhole ? linkBlob(registry.paths, call.repository, digest) : refusal(400, 'DIGEST_INVALID', `other bytes than ${digest}`);
}

/** Takes the body of a request into an upload; answers only when that is refused. */
async function receive({ uploads }: Registry, { request }: Call, upload: Upload, algorithm?: DigestAlgorithm): Promise<Answer | undefined> {
  const range = request.headers['content-range'];
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (range !== undefined && Number(first) !== upload.length) {
    return refusal(416, 'RANGE_INVALID', `the next byte is ${upload.length}`, progress(upload));
  }
  if (!(await uploads.append(upload, request, algorithm))) {
    return refusal(409, 'BLOB_UPLOAD_INVALID', 'another request is writing to this upload');
  }
  if (last === undefined || upload.length === Number(last) + 1) return undefined;
  await uploads.discard(upload);
  return refusal(400, 'SIZE_INVALID', `content-range promised other than ${upload.length} bytes`);
}

function progress({ id, repository, length }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(length - 1, 0)}`,
    'docker-upload-uuid': id,
  };
}

function invalidDigest(digest: string): Answer {
  return refusal(400, 'DIGEST_INVALID', `not a sha256 or sha512 digest: ${digest}`);
}

function unknown({ reference }: Call): Answer {
  return refusal(404, 'BLOB_UPLOAD_UNKNOWN', `no upload ${reference} is under way`);
}
