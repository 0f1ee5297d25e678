// SPDX-License-Identifier: Apache-2.0
import { StampedeError } from '../../foundation/errors.ts';
import { parseReference } from '../../oci/reference.ts';

/** Where policies come from: a folder on this machine, a folder in a git repository, or a bundle in a registry. */
export type PolicySource =
  | { readonly kind: 'folder'; readonly path: string }
  /** `reference`: `host/repository[:tag][@digest]`. */
  | { readonly kind: 'oci'; readonly reference: string }
  | {
      readonly kind: 'git';
      /** What git clones: an address with its scheme. */
      readonly repository: string;
      /** Inside the repository; empty for its root. */
      readonly folder: string;
      /** Branch, tag or commit; undefined for the default branch. */
      readonly ref: string | undefined;
    };

/**
 * Reads `git::https://host/path/name.git[//folder][?ref=REF]`, `oci::host/repository[:tag][@digest]`, or the path of a folder.
 * @throws StampedeError CONFIG_INVALID for the kinds that are not supported; REFERENCE_MALFORMED
 */
export function parsePolicySource(text: string): PolicySource {
  const [, kind, address = ''] = /^([a-z0-9]+)::(.*)$/s.exec(text) ?? [];
  if (kind === 'git') return parseGit(text, address);
  if (kind === 'oci') return parseOci(address);
  if (text.startsWith('oci://')) return parseOci(text);
  if (kind === undefined && !/^[a-z]+:\/\//.test(text) && text !== '') return { kind: 'folder', path: text };
  throw new StampedeError('CONFIG_INVALID', `policy source ${JSON.stringify(text)} is not supported`, {
    hint: 'supported: git::https://..., oci::HOST/REPOSITORY:TAG, and folders',
  });
}

/** The source as reports show it: without a scheme, at the commit or manifest that was used. */
export function pinnedSource(source: PolicySource, version: string | undefined): string {
  if (source.kind === 'folder') return source.path;
  if (source.kind === 'oci') return `oci::${source.reference.split('@')[0] ?? ''}@${version ?? ''}`;
  const folder = source.folder === '' ? '' : `//${source.folder}`;
  return `git::${source.repository.replace(/^https:\/\//, '')}${folder}?ref=${version ?? ''}`;
}

function parseOci(address: string): PolicySource {
  const reference = address.replace(/^(?:oci|https?):\/\//, '');
  parseReference(reference);
  return { kind: 'oci', reference };
}

function parseGit(text: string, address: string): PolicySource {
  const withScheme = /^[a-z+]+:\/\//.test(address) ? address : `https://${address}`;
  const [location = '', query = ''] = withScheme.split('?');
  const [, scheme = '', path = ''] = /^([a-z+]+:\/\/)(.*)$/s.exec(location) ?? [];
  const [repository = '', ...folders] = path.split('//');
  const folder = folders.join('/').replace(/\/+$/, '');
  if (scheme !== 'https://' || repository === '' || folder.split('/').includes('..')) {
    throw new StampedeError('CONFIG_INVALID', `policy source ${JSON.stringify(text)} is not an address that git can clone`, {
      hint: 'for instance git::https://host/name.git//folder?ref=main',
    });
  }
  return { kind: 'git', repository: `${scheme}${repository}`, folder, ref: new URLSearchParams(query).get('ref') || undefined };
}
