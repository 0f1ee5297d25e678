// SPDX-License-Identifier: Apache-2.0

/**
 * What stands in a report in an order of chance, in one order. Components are listed by their references, and those of equal references as
 * they were done; policy inputs are printed, one a line, as they are done. Which is first says nothing of a validator, so it must
 * neither differ from a snapshot nor from a run alone. Text that is no such report stays as it is.
 */
export function inOneOrder(text: string): string {
  const lines = text.split('\n');
  if (arePolicyInputs(lines)) return `${lines.filter((line) => line !== '').sort().join('\n')}${text.endsWith('\n') ? '\n' : ''}`;
  const list = listIn(lines);
  if (list === undefined) return text;
  const { items, from, to } = list;
  return [...lines.slice(0, from), ...inOrder(items, list), ...lines.slice(to)].join('\n');
}

/** Where the components of a report are: JSON as it is laid out here, or YAML as Go writes it. */
interface Form {
  readonly list: string;
  readonly begins: RegExp;
  readonly goesOn: RegExp;
  readonly reference: RegExp;
  /** After each item but the last. */
  readonly separator: string;
}

const forms: readonly Form[] = [
  { list: '  "components": [', begins: /^ {4}\{/, goesOn: /^ {4}[ }]/, reference: /^ {6}"containerImage": (".*?"),?$/, separator: ',' },
  { list: 'components:', begins: /^- /, goesOn: /^ /, reference: /^(?:- | {2})containerImage: (.+)$/, separator: '' },
];

interface List extends Form {
  readonly items: readonly (readonly string[])[];
  /** Of its first line, and of the first one after it. */
  readonly from: number;
  readonly to: number;
}

function listIn(lines: readonly string[]): List | undefined {
  for (const form of forms) {
    const from = lines.indexOf(form.list) + 1;
    if (from === 0) continue;
    const items: string[][] = [];
    let to = from;
    for (; to < lines.length; to += 1) {
      const line = lines[to] ?? '';
      if (form.begins.test(line)) items.push([line]);
      else if (items.length > 0 && form.goesOn.test(line)) items.at(-1)?.push(line);
      else break;
    }
    return { ...form, items, from, to };
  }
  return undefined;
}

/** Neighbours of one reference change places among themselves. */
function inOrder(items: List['items'], { reference, separator }: Form): readonly string[] {
  const components = items.map((item) => ({
    reference: item.flatMap((line) => reference.exec(line)?.[1] ?? [])[0],
    text: item.join('\n').replace(separator === '' ? '' : /,$/, ''),
  }));
  const groups: (typeof components)[] = [];
  for (const component of components) {
    const last = groups.at(-1);
    if (component.reference !== undefined && last?.[0]?.reference === component.reference) last.push(component);
    else groups.push([component]);
  }
  const texts = groups.flatMap((group) => group.map(({ text }) => text).sort());
  return texts.map((text, index) => (index + 1 < texts.length ? `${text}${separator}` : text));
}

/** As `--output policy-input` prints them. */
function arePolicyInputs(lines: readonly string[]): boolean {
  const documents = lines.filter((line) => line !== '');
  return documents.length > 1 && documents.every((line) => /^\{.*"image":\{"ref":".*\}$/.test(line));
}
