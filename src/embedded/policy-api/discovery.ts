// SPDX-License-Identifier: Apache-2.0

const group = 'appstudio.redhat.com';
const version = 'v1alpha1';
export const groupVersion = `${group}/${version}`;

/** Kinds that validators read, by the resource they are asked for. */
export const kinds: Readonly<Record<string, string>> = { enterprisecontractpolicies: 'EnterpriseContractPolicy', snapshots: 'Snapshot' };
const shortNames: Readonly<Record<string, readonly string[]>> = { enterprisecontractpolicies: ['ecp'], snapshots: ['snap'] };

const path = new RegExp(String.raw`^(?:/[A-Za-z0-9_-]+)?(/api|/apis|/apis/${group}|/apis/${groupVersion}|/version|/openapi/v3|/openapi/v3/apis/${groupVersion})/?$`);

/** Each one is there: kubectl asks, after an object was not found, whether the namespace is what is missing, and would say so. */
const namespacePath = /^(?:\/[A-Za-z0-9_-]+)?\/api\/v1\/namespaces\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/?$/;

/**
 * What clients ask before they ask for an object: which kinds there are, and what they look like. Undefined for every other path.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/
 */
export function discover(url: string): unknown {
  const namespace = namespacePath.exec(url.split('?')[0] ?? '')?.[1];
  if (namespace !== undefined) return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
  const asked = path.exec(url.split('?')[0] ?? '')?.[1];
  return asked === undefined ? undefined : documents[asked];
}

const groupDocument = { name: group, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };

const documents: Readonly<Record<string, unknown>> = {
  '/api': { kind: 'APIVersions', versions: [] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [groupDocument] },
  [`/apis/${group}`]: { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument },
  [`/apis/${groupVersion}`]: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: resources() },
  '/version': { major: '1', minor: '32', gitVersion: 'v1.32.0', gitCommit: '', gitTreeState: '', buildDate: '1970-01-01T00:00:00Z', goVersion: '', compiler: '', platform: 'linux/amd64' },
  '/openapi/v3': { paths: { [`apis/${groupVersion}`]: { serverRelativeURL: `/openapi/v3/apis/${groupVersion}` } } },
  [`/openapi/v3/apis/${groupVersion}`]: { openapi: '3.0.0', info: { title: 'stage', version: '1' }, paths: operations(), components: { schemas: schemas() } },
};

function resources(): readonly unknown[] {
  return Object.entries(kinds).map(([name, kind]) => ({ name, singularName: kind.toLowerCase(), namespaced: true, kind, verbs: ['create', 'get', 'list', 'update'], shortNames: shortNames[name] }));
}

/** Objects hold whatever their writer put in: a validator is who judges it. */
function schemas(): unknown {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = (kind: string): unknown => ({
    type: 'object',
    properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, spec: open, status: open },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  });
  return Object.fromEntries(Object.values(kinds).map((kind) => [nameOf(kind), schema(kind)]));
}

function nameOf(kind: string): string {
  return `com.redhat.appstudio.${version}.${kind}`;
}

/** The patch is not served: at it kubectl looks to see whether the server, and not itself, checks fields. */
function operations(): unknown {
  const gvk = (kind: string): unknown => ({ group, version, kind });
  const operation = (kind: string, action: string): unknown => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(kind),
    parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
    responses: { '200': { description: 'OK', content: { 'application/json': { schema: { $ref: `#/components/schemas/${nameOf(kind)}` } } } } },
  });
  return Object.fromEntries(
    Object.entries(kinds).flatMap(([name, kind]) => {
      const path = `/apis/${groupVersion}/namespaces/{namespace}/${name}`;
      return [[path, { get: operation(kind, 'list'), post: operation(kind, 'post') }], [`${path}/{name}`, { get: operation(kind, 'get'), put: operation(kind, 'put'), patch: operation(kind, 'patch') }]];
    }),
  );
}
