// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { resultCode, type Result } from '../policy/outcome.ts';
import type { OutputFormat, OutputTarget } from '../arguments.ts';
import type { Report, ReportedComponent } from './report.ts';

/** Writes the report to the standard output and to files, once a target. */
export async function writeReport(report: Report, targets: readonly OutputTarget[]): Promise<void> {
  for (const { format, path } of targets) {
    const text = await renderReport(report, format);
    if (path === undefined) await print(text);
    else await writeFile(path, text);
  }
}

/** Ends with a line feed. */
export async function renderReport(report: Report, format: OutputFormat): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report)}\n`;
    case 'yaml': {
      const { stringify } = await import('yaml');
      return stringify(report, { lineWidth: 0, aliasDuplicateObjects: false });
    }
    case 'text':
      return renderText(report);
  }
}

function renderText({ success, components }: Report): string {
  const count = (of: (component: ReportedComponent) => readonly Result[] | undefined): number =>
    components.reduce((sum, component) => sum + (of(component)?.length ?? 0), 0);
  const lines = [
    `Success: ${success}`,
    `Result: ${success ? 'SUCCESS' : 'FAILURE'}`,
    `Violations: ${count((one) => one.violations)}, Warnings: ${count((one) => one.warnings)}, Successes: ${count((one) => one.successes)}`,
    ...components.flatMap(textOf),
  ];
  return `${lines.join('\n')}\n`;
}

function textOf(component: ReportedComponent): readonly string[] {
  const results = (mark: string, list: readonly Result[] = []): readonly string[] =>
    list.flatMap((result) => [
      `${mark} ${resultCode(result) || '(no code)'}`,
      ...Object.entries({ Reason: result.msg, Title: result.metadata?.['title'], Description: result.metadata?.['description'] })
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => `  ${key}: ${String(value)}`),
    ]);
  return [
    '',
    `Component: ${component.name}`,
    `ImageRef: ${component.containerImage}`,
    ...results('✕ [Violation]', component.violations),
    ...results('! [Warning]', component.warnings),
    ...results('✓ [Success]', component.successes),
  ];
}

async function print(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
