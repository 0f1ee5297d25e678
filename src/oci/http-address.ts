// SPDX-License-Identifier: Apache-2.0

/** What a text from outside says as an address, relative to `base` if there is one; undefined for what is not http or https. */
export function httpAddress(text: string, base?: URL): URL | undefined {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}
