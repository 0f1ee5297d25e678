// SPDX-License-Identifier: Apache-2.0

const standardForm = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Standard base64 with padding, and nothing else: Node's own decoder skips what it does not know, so that two
 * texts could stand for one signature. Undefined where `text` is not base64.
 * https://www.rfc-editor.org/rfc/rfc4648#section-4
 */
export function decodeBase64(text: string): Buffer | undefined {
  return standardForm.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** As `decodeBase64`, and with the URL alphabet too, which DSSE allows in envelopes. */
export function decodeAnyBase64(text: string): Buffer | undefined {
  return decodeBase64(text) ?? decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
}
