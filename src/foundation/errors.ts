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
  | 'FEATURES_MISSING'
  | 'NOTHING_SELECTED'
  | 'FOLDER_NOT_WRITABLE'
  | 'TOOL_MISSING'
  | 'POLICY_MALFORMED'
  | 'POLICY_NOT_COMPILED'
  | 'POLICY_STALE'
  // a feature file asks for something that is not there
  | 'EXAMPLE_MISSING'
  | 'DOCUMENT_MALFORMED'
  | 'VARIABLE_UNKNOWN'
  | 'STEP_OUT_OF_ORDER'
  | 'STEP_PENDING'
  // verdicts, as seen by Cucumber
  | 'EXPECTATION_BROKEN'
  | 'SNAPSHOT_MISMATCH'
  | 'SNAPSHOT_MISSING'
  | 'SNAPSHOT_FILE_CORRUPT'
  | 'VERDICT_BROKEN'
  | 'VERDICT_UNKNOWN'
  // the harness
  | 'STAGE_MISSING'
  | 'SERVICE_START_FAILED'
  | 'PORT_TAKEN'
  | 'CONNECTION_FAILED'
  | 'RESPONSE_TOO_LONG'
  | 'REGISTRY_REFUSED'
  | 'REKOR_REFUSED'
  | 'GIT_FAILED'
  | 'POLICY_API_REFUSED'
  | 'TEARDOWN_FAILED'
  | 'HISTORY_CORRUPT'
  | 'WORKER_CRASHED'
  | 'INTERRUPTED'
  // data that did not verify
  | 'DIGEST_MALFORMED'
  | 'DIGEST_MISMATCH'
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
  'CONFIG_INVALID',
  'NODE_TOO_OLD',
  'GIT_MISSING',
  'VALIDATOR_MISSING',
  'VALIDATOR_NOT_EXECUTABLE',
  'SUBJECT_UNKNOWN',
  'FEATURES_MISSING',
  'NOTHING_SELECTED',
  'FOLDER_NOT_WRITABLE',
  'TOOL_MISSING',
  'POLICY_MALFORMED',
  'POLICY_NOT_COMPILED',
  'POLICY_STALE',
]);

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
  return usageCodes.has(error.code) ? ExitStatus.usage : ExitStatus.harness;
}

/** Code, message, causes and hint, one a line: Cucumber 12 and plain stacks do not show causes. */
export function describeError(error: unknown): string {
  const lines: string[] = [];
  for (let current: unknown = error; current !== undefined; current = causeOf(current)) {
    lines.push(`${lines.length === 0 ? '' : '  because: '}${oneLine(current)}`);
  }
  if (error instanceof StampedeError && error.hint !== undefined) lines.push(`  try: ${error.hint}`);
  return lines.join('\n');
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function oneLine(error: unknown): string {
  if (error instanceof StampedeError) return `${error.code}: ${error.message}`;
  if (error instanceof AggregateError) return `${error.message}: ${error.errors.map(oneLine).join('; ')}`;
  return error instanceof Error ? error.message : String(error);
}
