// SPDX-License-Identifier: Apache-2.0
import { digestOf } from '../oci/digest.ts';
import { inTotoPayloadType, signEnvelope } from '../sigstore/dsse.ts';
import { generateKeyPair } from '../sigstore/keys.ts';
import { proposeDsse, proposeHashedrekord, proposeIntoto, proposeOlderIntoto, type ProposedEntry } from '../sigstore/proposed-entry.ts';
import { signImage } from '../sigstore/simple-signing.ts';
import { slsaV02Statement, statementBytes } from '../sigstore/statement.ts';

/** One request to a log. */
export interface Question {
  /** What is asked, in words; no two alike. */
  readonly name: string;
  readonly method: string;
  /** After `/api/v1/`. */
  readonly path: string;
  /** Sent as JSON; a string as it is; absent: no body. */
  readonly body?: unknown;
  readonly contentType?: string;
}

type Document = Readonly<Record<string, unknown>>;

/** Entries that no log has yet: two keys, one image, one statement about it, signed. */
export interface Material {
  readonly rekord: ProposedEntry;
  readonly dsse: ProposedEntry;
  readonly intoto: ProposedEntry;
  readonly olderIntoto: ProposedEntry;
  /** Of another key than the one that signed. */
  readonly strangerKey: string;
  readonly key: string;
  /** Hex, of what the hashedrekord is about. */
  readonly hash: string;
  /** Of the image that the statement is about: `sha256:...`. */
  readonly subject: string;
}

/** `name` makes the entries unlike those of every other call. */
export function freshMaterial(name: string): Material {
  const [pair, stranger] = [generateKeyPair(), generateKeyPair()];
  const subject = digestOf(Buffer.from(`${name} ${pair.publicKeyPem}`));
  const envelope = signEnvelope(inTotoPayloadType, statementBytes(slsaV02Statement({ name: 'registry.local/image', digest: subject })), pair.privateKey);
  const rekord = proposeHashedrekord(signImage('registry.local/image', subject, pair.privateKey), pair.publicKeyPem);
  return {
    rekord,
    dsse: proposeDsse(envelope, pair.publicKeyPem),
    intoto: proposeIntoto(envelope, pair.publicKeyPem),
    olderIntoto: proposeOlderIntoto(envelope, pair.publicKeyPem),
    strangerKey: Buffer.from(stranger.publicKeyPem).toString('base64'),
    key: Buffer.from(pair.publicKeyPem).toString('base64'),
    hash: (rekord.spec as { data: { hash: { value: string } } }).data.hash.value,
    subject,
  };
}

const nowhere = '0'.repeat(64);
const entries = 'log/entries';

/** What a log is asked, in this order: later questions are about what earlier ones brought. */
export function questions(material: Material): readonly Question[] {
  return [...additions(material), ...refusedAdditions(material), ...lookups(), ...searches(material)];
}

const post = (name: string, body: unknown): Question => ({ name, method: 'POST', path: entries, body });
const get = (name: string, path: string): Question => ({ name, method: 'GET', path });

function additions({ rekord, dsse, intoto, olderIntoto }: Material): readonly Question[] {
  const kinds = [['hashedrekord', rekord], ['dsse', dsse], ['intoto 0.0.2', intoto], ['intoto 0.0.1', olderIntoto]] as const;
  return kinds.flatMap(([kind, entry]) => [post(`${kind} is taken`, entry), post(`${kind} a second time`, entry), { name: `${kind} is found by what was proposed`, method: 'POST', path: `${entries}/retrieve`, body: { entries: [entry] } }]);
}

/** The entry with the first occurrence of a text changed, wherever it stands. */
function changed(entry: ProposedEntry, from: string | RegExp, to: string): unknown {
  return JSON.parse(JSON.stringify(entry).replace(from, to));
}

function without(entry: ProposedEntry, name: string): unknown {
  const spec = { ...(entry.spec as Document) };
  delete spec[name];
  return { ...entry, spec };
}

function refusedAdditions({ rekord, dsse, intoto, olderIntoto, key, strangerKey }: Material): readonly Question[] {
  return [
    post('hashedrekord with the key of somebody else', changed(rekord, key, strangerKey)),
    post('hashedrekord over another hash', changed(rekord, /"value":"[0-9a-f]{8}/, '"value":"00000000')),
    post('hashedrekord with a hash that is too short', changed(rekord, /"value":"[0-9a-f]{8}/, '"value":"')),
    post('hashedrekord with an algorithm that nobody knows', changed(rekord, '"algorithm":"sha256"', '"algorithm":"md5"')),
    post('hashedrekord with a signature that is none', changed(rekord, /"content":"[^"]+"/, '"content":"QUJD"')),
    post('hashedrekord with a signature that is not base64', changed(rekord, /"content":"[^"]+"/, '"content":"!!!!"')),
    post('hashedrekord with a key that is none', changed(rekord, key, 'QUJD')),
    post('hashedrekord without data', without(rekord, 'data')),
    post('hashedrekord without a signature', without(rekord, 'signature')),
    post('hashedrekord of a version that is not there', { ...rekord, apiVersion: '0.0.9' }),
    post('hashedrekord without a version', { kind: rekord.kind, spec: rekord.spec }),
    post('dsse with the key of somebody else', changed(dsse, key, strangerKey)),
    post('dsse whose envelope is not JSON', changed(dsse, '{\\"payloadType', 'x{\\"payloadType')),
    post('dsse with another payload', changed(dsse, 'payload\\":\\"ey', 'payload\\":\\"fy')),
    post('dsse without verifiers', changed(dsse, /"verifiers":\["[^"]+"\]/, '"verifiers":[]')),
    post('dsse without content', without(dsse, 'proposedContent')),
    post('intoto 0.0.2 with the key of somebody else', changed(intoto, key, strangerKey)),
    post('intoto 0.0.2 without content', without(intoto, 'content')),
    post('intoto 0.0.1 with the key of somebody else', changed(olderIntoto, key, strangerKey)),
    post('a kind that is not there', { kind: 'nothing', apiVersion: '0.0.1', spec: {} }),
    post('no kind', { apiVersion: '0.0.1', spec: {} }),
    post('an empty object', {}),
    post('a list', []),
    post('null', null),
    post('half a document', '{"kind":'),
    post('nothing at all', ''),
    { name: 'text', method: 'POST', path: entries, body: JSON.stringify(rekord), contentType: 'text/plain' },
  ];
}

function lookups(): readonly Question[] {
  return [
    get('the log', 'log'),
    get('the log key', 'log/publicKey'),
    get('an entry that is not there, by uuid', `${entries}/${nowhere}`),
    get('an entry of a tree that is not there', `${entries}/${'7'.repeat(16)}${nowhere}`),
    get('an entry by what is no uuid', `${entries}/xyz`),
    get('an entry that is not there, by index', `${entries}?logIndex=100000000`),
    get('an entry by a negative index', `${entries}?logIndex=-1`),
    get('an entry by what is no index', `${entries}?logIndex=one`),
    get('an entry without index', entries),
    get('growth from the first entry', 'log/proof?firstSize=1&lastSize=2'),
    get('growth from nothing', 'log/proof?firstSize=0&lastSize=2'),
    get('growth without sizes', 'log/proof'),
    get('growth backwards', 'log/proof?firstSize=2&lastSize=1'),
    get('growth to what is not there', 'log/proof?firstSize=1&lastSize=100000000'),
    get('growth of a tree that is not there', 'log/proof?firstSize=1&lastSize=2&treeID=7'),
    get('growth of a tree that is no number', 'log/proof?firstSize=1&lastSize=2&treeID=x'),
    get('growth from what is no number', 'log/proof?firstSize=x&lastSize=2'),
    get('an address that is not there', 'nothing'),
    { name: 'another method', method: 'DELETE', path: entries },
    { name: 'another method on the log', method: 'POST', path: 'log', body: {} },
  ];
}

function searches({ hash, subject, key, rekord }: Material): readonly Question[] {
  const index = (name: string, body: unknown): Question => ({ name, method: 'POST', path: 'index/retrieve', body });
  const retrieve = (name: string, body: unknown): Question => ({ name, method: 'POST', path: `${entries}/retrieve`, body });
  return [
    index('by hash', { hash: `sha256:${hash}` }),
    index('by bare hash', { hash }),
    index('by the hash of a subject', { hash: subject }),
    index('by key', { publicKey: { format: 'x509', content: key } }),
    index('by hash and key', { hash: `sha256:${hash}`, publicKey: { format: 'x509', content: key }, operator: 'and' }),
    index('by an unknown hash', { hash: `sha256:${nowhere}` }),
    index('by what is no hash', { hash: 'no' }),
    index('by a key that is none', { publicKey: { format: 'x509', content: 'QUJD' } }),
    index('by a key of an unknown format', { publicKey: { format: 'clay', content: key } }),
    index('by an unknown operator', { hash, operator: 'nor' }),
    index('by nothing', {}),
    index('by half a document', '{'),
    retrieve('nothing', {}),
    retrieve('what is not there', { entryUUIDs: [nowhere] }),
    retrieve('what is no uuid', { entryUUIDs: ['no'] }),
    retrieve('a tree that is not there', { entryUUIDs: [`${'7'.repeat(16)}${nowhere}`] }),
    retrieve('a negative index', { logIndexes: [-1] }),
    retrieve('more than ten', { logIndexes: Array.from({ length: 11 }, () => 0) }),
    retrieve('an entry that is none', { entries: [{}] }),
    retrieve('an entry that does not verify', { entries: [changed(rekord, /"value":"[0-9a-f]{8}/, '"value":"00000000')] }),
    retrieve('half a document to retrieve', '{'),
  ];
}
