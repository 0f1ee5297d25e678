// SPDX-License-Identifier: Apache-2.0
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', '**/*.suite.ts', '**/test-*.ts'];

// Commands are put together before they run, and what runs lies elsewhere.
const place = { selector: "MemberExpression[object.type='MetaProperty'][property.name='url']", message: 'Find files of the project from `root` of src/foundation/root.ts.' };

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'runs/', 'snapshots/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 250, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'max-depth': ['error', 3],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name, so that a thing has one name everywhere.' },
        { selector: 'ExportAllDeclaration', message: 'No barrels: import the file that has it.' },
        { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Take random numbers from src/foundation/seed.ts, so that a run can be replayed.' },
        { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Take the time from src/foundation/clock.ts.' },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the time from src/foundation/clock.ts.' },
        { selector: "MemberExpression[object.object.name='process'][object.property.name='env']", message: 'Read the environment in src/config.ts only.' },
        place,
      ],
    },
  },
  { files: ['src/foundation/clock.ts', 'src/foundation/root.ts', 'src/foundation/tools.ts', 'src/config.ts', 'src/reference/**'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['bench/**'], rules: { 'no-restricted-syntax': ['error', place] } },
  {
    files: tests,
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 400 }],
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'max-params': 'off',
    },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
