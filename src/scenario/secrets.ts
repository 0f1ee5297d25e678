// SPDX-License-Identifier: Apache-2.0
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretHider, type Hider, type Secret } from '../foundation/secrets.ts';
import { readRegistryPass, type RegistryPass } from '../stage/registry-security.ts';
import type { StageAddresses } from '../stage/service.ts';

/** In the session's folder, with mode 0600: what steps have made secret, for those who write the reports in the end. */
const toldFile = 'secrets.ndjson';
/** Variables with such names hold what nobody else is to know. */
const secretName = /(?:PASSW|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|AUTHORIZATION)/i;
/** What is shorter is a switch, or empty, and would be found everywhere. */
const shortest = 8;
/** A line of a key that is shorter tells nothing. */
const shortestKeyLine = 16;

/** What must not be in anything that is kept of one scenario. */
export class SecretBook {
  readonly #secrets: Secret[];
  #hider: Hider | undefined;

  constructor(addresses: Pick<StageAddresses, 'registrySecrets'>) {
    this.#secrets = [...secretsOfRegistry(addresses)];
  }

  /** As they are now: a run takes those that it starts with. */
  get hider(): Hider {
    this.#hider ??= secretHider(this.#secrets);
    return this.#hider;
  }

  /** Line by line, however it is quoted or indented; `forms`: PEM texts. What they say of the public key is no secret, and stands in reports. */
  addKey(name: string, { forms, publicKeyPem }: { readonly forms: readonly string[]; readonly publicKeyPem: string }): void {
    const known = bodyOf(publicKeyPem).join('');
    const lines = forms.flatMap(bodyOf).filter((line) => line.length >= shortestKeyLine && !known.includes(line));
    this.#add(lines.map((text) => ({ name: `${name}_PRIVATE_KEY_BYTES`, text, kind: 'whole' })));
  }

  /** A variable that a step sets; true where its name says that it is a secret. */
  addVariable(name: string, value: string): boolean {
    if (!secretName.test(name) || value.length < shortest) return false;
    this.#add(formsOf(name, value));
    return true;
  }

  #add(secrets: readonly Secret[]): void {
    this.#secrets.push(...secrets);
    this.#hider = undefined;
  }
}

function bodyOf(pem: string): readonly string[] {
  return pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
}

/** Tells it to those who write the reports: the text of a feature stands in them. */
export async function tellSecret(sessionFolder: string, name: string, value: string): Promise<void> {
  await appendFile(join(sessionFolder, toldFile), `${JSON.stringify([name, value])}\n`, { mode: 0o600 });
}

/** Replaces by name what lets somebody into the registry of a run, and all that scenarios of this session have told. */
export async function hiderOfSession(addresses: Pick<StageAddresses, 'registrySecrets'>, sessionFolder: string): Promise<Hider> {
  const text = await readFile(join(sessionFolder, toldFile), 'utf8').catch(() => '');
  const told = [...new Set(text.split('\n').filter((line) => line !== ''))].map((line) => JSON.parse(line) as readonly [string, string]);
  return secretHider([...secretsOfRegistry(addresses), ...told.flatMap(([name, value]) => formsOf(name, value))]);
}

function secretsOfRegistry({ registrySecrets }: Pick<StageAddresses, 'registrySecrets'>): readonly Secret[] {
  const pass = readRegistryPass(registrySecrets);
  if (pass === undefined) return [];
  return [
    ...formsOf('REGISTRY_PASSWORD', pass.password),
    { name: 'REGISTRY_AUTHORIZATION', text: basicOf(pass), kind: 'whole' },
    { name: 'REGISTRY_TOKEN', text: pass.tokenPrefix, kind: 'beginning' },
  ];
}

/** As it is, and as JSON, addresses, XML and HTML have it; a stream is hidden byte for byte. */
function formsOf(name: string, text: string): readonly Secret[] {
  const json = JSON.stringify(text).slice(1, -1);
  const xml = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const forms = [text, Buffer.from(text).toString('base64'), encodeURIComponent(text), json, json.replaceAll('/', '\\/'), xml, xml.replaceAll('"', '&quot;').replaceAll("'", '&apos;')];
  const bytes = forms.map((form) => Buffer.from(form).toString('latin1'));
  return [...new Set([...forms, ...bytes])].map((form) => ({ name, text: form, kind: 'whole' }));
}

/**
 * What lets a validator into a registry that it calls `registryName`: DOCKER_CONFIG, a folder in `root` with a file as
 * https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties describes. Nothing where anybody is let in.
 */
export async function registryLoginEnvironment({ registrySecrets }: Pick<StageAddresses, 'registrySecrets'>, root: string, registryName: string): Promise<Readonly<Record<string, string>>> {
  const pass = readRegistryPass(registrySecrets);
  if (pass === undefined) return {};
  const folder = join(root, `docker-${registryName.replaceAll(/[^\w.]/g, '-')}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'config.json'), `${JSON.stringify({ auths: { [registryName]: { auth: basicOf(pass) } } })}\n`, { mode: 0o600 });
  return { DOCKER_CONFIG: folder };
}

function basicOf({ username, password }: RegistryPass): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
