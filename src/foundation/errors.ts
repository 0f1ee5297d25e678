// SPDX-License-Identifier: Apache-2.0

/**
 * Every way in which this project itself fails. Closed, so that tests match on a code and never on a text.
 * A validator's failure is not in here: it is an outcome, kept in the history.
 */
export type ErrorCode =
  // usage: the caller can mend it
  | 'CONFIG_INVALID'
  | 'NODE_TOO_OLD'
  | 'GIT_MISSING'
  | 'VALIDATOR_MISSING'
  | 'VALIDATOR_NOT_EXECUTABLE'
  | 'SUBJECT_UNKNOWN'
  | 'SUBJECT_FAILS'
  | 'FEATURES_MISSING'
  | 'NOTHING_SELECTED'
  | 'FOLDER_NOT_WRITABLE'
  | 'TOOL_MISSING'
  | 'POLICY_MALFORMED'
  | 'POLICY_NOT_COMPILED'
  | 'POLICY_STALE'
  | 'ENGINE_MISSING'
  | 'ENGINE_TOO_OLD'
  | 'ENGINE_REMOTE'
  | 'ENGINE_OUT_OF_NETWORKS'
  | 'IMAGE_MISSING'
  | 'IMAGE_WRONG_PLATFORM'
  | 'COMPOSE_FILE_INVALID'
  | 'PLAN_INVALID'
  | 'REPORT_INVALID'
  | 'BUNDLE_INVALID'
  | 'SNAPSHOT_FILE_MALFORMED'
  | 'CAMPAIGN_INVALID'
  | 'SEED_INVALID'
  | 'STORE_BUSY'
  | 'STORE_NEWER'
  | 'STORE_MISSING'
  // a feature file asks for something that is not there
  | 'EXAMPLE_MISSING'
  | 'FILE_UNREADABLE'
  | 'DOCUMENT_MALFORMED'
  | 'VARIABLE_UNKNOWN'
  | 'STEP_OUT_OF_ORDER'
  | 'SCHEDULE_INVALID'
  | 'STEP_PENDING'
  // verdicts, as seen by Cucumber
  | 'EXPECTATION_BROKEN'
  | 'SNAPSHOT_MISMATCH'
  | 'SNAPSHOT_MISSING'
  | 'SNAPSHOT_FILE_CORRUPT'
  | 'SNAPSHOT_FILE_FOREIGN'
  | 'VERDICT_BROKEN'
  | 'VERDICT_UNKNOWN'
  // the harness
  | 'STAGE_MISSING'
  | 'SERVICE_START_FAILED'
  | 'SERVICE_LOST'
  | 'IMAGE_NOT_BUILT'
  | 'DISK_FULL'
  | 'PORT_TAKEN'
  | 'CONNECTION_FAILED'
  | 'RESPONSE_TOO_LONG'
  | 'REGISTRY_REFUSED'
  | 'REKOR_REFUSED'
  | 'GIT_FAILED'
  | 'POLICY_API_REFUSED'
  | 'TEARDOWN_FAILED'
  | 'HISTORY_CORRUPT'
  | 'STORE_DAMAGED'
  | 'BUNDLE_DAMAGED'
  | 'WORKER_CRASHED'
  | 'INTERRUPTED'
  // data that did not verify
  | 'DIGEST_MALFORMED'
  | 'DIGEST_MISMATCH'
  | 'LAYER_FETCH_FAILED'
  | 'REFERENCE_MALFORMED'
  | 'MANIFEST_MALFORMED'
  | 'LAYER_MALFORMED'
  | 'KEY_MALFORMED'
  | 'SIGNATURE_INVALID'
  | 'ENVELOPE_MALFORMED'
  | 'LOG_ENTRY_INVALID';

/** Exit statuses of every command of this project. */
export const ExitStatus = { held: 0, broken: 1, usage: 2, unknown: 3, harness: 4 } as const;

const usageCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'PORT_TAKEN',
  'CONFIG_INVALID',
  'NODE_TOO_OLD',
  'GIT_MISSING',
  'VALIDATOR_MISSING',
  'VALIDATOR_NOT_EXECUTABLE',
  'SUBJECT_UNKNOWN',
  'SUBJECT_FAILS',
  'FEATURES_MISSING',
  'NOTHING_SELECTED',
  'FOLDER_NOT_WRITABLE',
  'TOOL_MISSING',
  'POLICY_MALFORMED',
  'POLICY_NOT_COMPILED',
  'POLICY_STALE',
  'ENGINE_MISSING',
  'ENGINE_TOO_OLD',
  'ENGINE_REMOTE',
  'ENGINE_OUT_OF_NETWORKS',
  'IMAGE_MISSING',
  'IMAGE_WRONG_PLATFORM',
  'COMPOSE_FILE_INVALID',
  'PLAN_INVALID',
  'REPORT_INVALID',
  'BUNDLE_INVALID',
  'SCHEDULE_INVALID',
  'SNAPSHOT_FILE_FOREIGN',
  'SNAPSHOT_FILE_MALFORMED',
  'CAMPAIGN_INVALID',
  'SEED_INVALID',
  'STORE_BUSY',
  'STORE_NEWER',
  'STORE_MISSING',
]);

/** Codes that say something about the validator; every other failure is the harness's or the caller's. */
const findingCodes: ReadonlySet<string> = new Set<ErrorCode>(['EXPECTATION_BROKEN', 'SNAPSHOT_MISMATCH', 'SNAPSHOT_MISSING', 'VERDICT_BROKEN']);

/** True for codes of failures that say something about the validator. */
export function isFinding(code: string): boolean {
  return findingCodes.has(code);
}

export interface ErrorDetails {
  /** What to try, in one sentence a person can act on. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The one error class: what happened (`message`), which kind (`code`), why (`cause`), what to try (`hint`). */
export class StampedeError extends Error {
  override readonly name = 'StampedeError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}

/** True for an error of this project with the given code. */
export function hasCode(error: unknown, code: ErrorCode): error is StampedeError {
  return error instanceof StampedeError && error.code === code;
}

/** The exit status that a command ends with when this error ends it. */
export function exitStatusOf(error: unknown): number {
  if (!(error instanceof StampedeError)) return ExitStatus.harness;
  if (error.code === 'VERDICT_UNKNOWN') return ExitStatus.unknown;
  if (isFinding(error.code)) return ExitStatus.broken;
  return usageCodes.has(error.code) ? ExitStatus.usage : ExitStatus.harness;
}

/** Code, message, causes and hint, one a line: Cucumber 12 and plain stacks do not show causes. */
export function describeError(error: unknown): string {
  const chain = chainOf(error);
  const lines = chain.map((link, index) => `${index === 0 ? '' : '  because: '}${oneLine(link)}`);
  const hint = chain.find((link): link is StampedeError => link instanceof StampedeError && link.hint !== undefined)?.hint;
  return [...lines, ...(hint === undefined ? [] : [`  try: ${hint}`])].join('\n');
}

/** The error, its cause, the cause's cause; each once, however they point at each other. */
function chainOf(error: unknown): readonly unknown[] {
  const chain = new Set<unknown>([error]);
  for (let current = error; current instanceof Error && current.cause !== undefined && !chain.has(current.cause); ) {
    current = current.cause;
    chain.add(current);
  }
  return [...chain];
}

function oneLine(error: unknown): string {
  if (error instanceof StampedeError) return `${error.code}: ${error.message}`;
  if (error instanceof AggregateError) return `${error.message}: ${error.errors.map((each) => chainOf(each).map(oneLine).join(' because ')).join('; ')}`;
  return error instanceof Error ? error.message : String(error);
}
