// SPDX-License-Identifier: Apache-2.0

/**
 * One JSON document gets a layout of its own; tokens stay as they were written, numbers and escapes included. Only what some
 * writers escape for the sake of HTML is written in one way: < > & as they are, line separators escaped.
 * Text that is no document stays as it is.
 */
export function laidOut(text: string): string {
  const trimmed = text.trim();
  if (!/^[{["\d\-tfn]/.test(trimmed) || !isJson(trimmed)) return text;
  let depth = 0;
  let result = '';
  for (const [token] of trimmed.matchAll(/"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '}' || token === ']') result += lineBreak((depth -= 1));
    result += written(token);
    if (token === '{' || token === '[') result += lineBreak((depth += 1));
    if (token === ',') result += lineBreak(depth);
  }
  return `${result}\n`;
}

/**
 * The same for a document in which names stand for what differed: `{"time": ${TIMESTAMP}}` is no JSON any more, but was
 * when it was written.
 */
export function laidOutWithNames(text: string): string {
  if (!/^\s*[{[]/.test(text) || isJson(text)) return laidOut(text);
  const names: string[] = [];
  // Numbers stand in for names outside of strings: longer ones than the text has anywhere.
  const zeros = '0'.repeat(text.match(/\d+/g)?.reduce((most, { length }) => Math.max(most, length), 0) ?? 0);
  const numbered = text.replace(/"(?:[^"\\]|\\.)*"|\$\{[^}]*\}/g, (part) => (part.startsWith('"') ? part : `1${zeros}${String(names.push(part) - 1).padStart(8, '0')}`));
  const result = laidOut(numbered);
  if (result === numbered) return text;
  return result.replace(new RegExp(`1${zeros}(\\d{8})`, 'g'), (_, index: string) => names[Number(index)] ?? '');
}

const asWritten: ReadonlyMap<string, string> = new Map([['\\u003c', '<'], ['\\u003e', '>'], ['\\u0026', '&'], ['\u2028', '\\u2028'], ['\u2029', '\\u2029']]);

function written(token: string): string {
  if (token === ':') return ': ';
  if (token.startsWith('"')) return token.replace(/\\u[\da-fA-F]{4}|\\.|[\u2028\u2029]/g, (part) => asWritten.get(part.toLowerCase()) ?? part);
  return /^[{[]\s*[}\]]$/.test(token) ? token.replace(/\s+/, '') : token;
}

function lineBreak(depth: number): string {
  return `\n${'  '.repeat(depth)}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
