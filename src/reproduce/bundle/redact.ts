// SPDX-License-Identifier: Apache-2.0
import { homedir, hostname, tmpdir, userInfo } from 'node:os';

/** Names of variables whose values are nobody's business. */
const secretNames = /TOKEN|SECRET|PASS(?:WORD|WD|PHRASE)?|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE|AUTH|COOKIE|SESSION/i;
/** What lets somebody in, wherever it stands. */
const secretForms: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '${PRIVATE_KEY}'],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|AKIA[A-Z0-9]{16}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)/g, '${TOKEN}'],
  [/(\b(?:[Bb]earer|[Bb]asic) )[\w.~+/=-]{8,}/g, '$1${TOKEN}'],
  [/(:\/\/[^/\s:@"']{1,200}:)[^/\s@"']{1,200}(?=@)/g, '$1${PASSWORD}'],
];

/** Places of this machine, by what they are. */
export interface Places {
  readonly project: string;
  /** Of temporary things of the run. */
  readonly session: string;
}

/** What leaves this machine says nothing of its people, its folders, its name, and holds nothing that lets anybody in. */
export function redactor({ project, session }: Places): (text: string) => string {
  const named: readonly (readonly [string, string])[] = [
    [session, '${SESSION}'],
    [project.replace(/\/$/, ''), '${PROJECT}'],
    [homedir(), '${HOME}'],
    [tmpdir(), '${TMP}'],
    [hostname(), '${HOST}'],
    [userInfo().username, '${USER}'],
  ];
  // Short words are found in others, and root is everybody's name.
  const words = named.filter(([text]) => text.length >= 4 && !['root', 'localhost'].includes(text)).sort(([one], [other]) => other.length - one.length);
  return (text) => secretForms.reduce((left, [form, name]) => left.replaceAll(form, name), words.reduce((left, [place, name]) => withName(left, place, name), text));
}

/** Where it stands alone: a folder is no end of another path, and no beginning of a name. */
function withName(text: string, place: string, name: string): string {
  return text.replaceAll(new RegExp(`(?<![\\w.}-])${place.replaceAll(/[^\w-]/g, '\\$&')}(?![\\w-])`, 'g'), () => name);
}

/** Variables by name, with the values of those that sound secret left out. */
export function redactedEnvironment(environment: Readonly<Record<string, string>>, redact: (text: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, secretNames.test(name) || name === 'PATH' ? `\${${name}}` : redact(value)]));
}
