// SPDX-License-Identifier: Apache-2.0
/** What each folder of src may import besides itself, foundation and config; tests are free. */
export const walls = {
  foundation: [],
  statistics: [],
  oci: [],
  sigstore: ['oci'],
  history: ['oci'],
  embedded: ['oci', 'sigstore'],
  stage: ['oci', 'embedded'],
  containers: ['embedded', 'stage'],
  images: ['containers'],
  faults: ['oci', 'history'],
  tracing: ['history'],
  validator: ['history', 'oci'],
  checkers: ['oci', 'sigstore', 'history'],
  scenario: ['oci', 'sigstore', 'history', 'stage', 'faults', 'tracing', 'validator', 'checkers'],
  explore: ['oci', 'sigstore', 'history', 'stage', 'faults', 'tracing', 'validator', 'scenario', 'checkers'],
  doctor: ['embedded', 'stage', 'containers', 'history', 'tracing', 'validator'],
  report: ['history', 'checkers'],
  reproduce: ['oci', 'history', 'stage', 'faults', 'validator', 'scenario', 'checkers', 'explore', 'statistics', 'report'],
  stress: ['validator'],
  reference: ['oci', 'sigstore'],
  policies: [],
  commands: ['oci', 'history', 'stage', 'containers', 'images', 'faults', 'tracing', 'validator', 'scenario', 'checkers', 'explore', 'statistics', 'doctor', 'report', 'reproduce', 'stress', 'policies'],
};

const advice = {
  foundation: 'Foundation knows nobody: move what it needs into it, or the caller out of it.',
  statistics: 'Numbers in, numbers out.',
  oci: 'OCI values and clients stand alone: pass in what they need.',
  sigstore: 'Signatures and log entries know OCI only: pass in what they need.',
  history: 'Events are data: describe what happened in OCI words, do not reach for who did it.',
  embedded: 'A service speaks its protocol and knows nothing of stages and scenarios.',
  stage: 'The stage starts services; scenarios use it through StageAddresses.',
  containers: 'The launcher speaks to the engine; what a container is stands in the compose file.',
  images: 'Images are made from files and a base; who runs them is not known here.',
  faults: 'Doors and gates see requests and write events; what to hold is in the plan.',
  tracing: 'A trace tells of file calls and stops after them; which ones is for gates to say.',
  validator: 'A validator is a process that leaves events; what it means is for checkers.',
  checkers: 'Checkers judge a history and nothing else: record an event instead of looking.',
  scenario: 'Scenario turns plans into histories; commands and Cucumber are above it.',
  explore: 'Schedules are data; how they are forced is known to faults, how they are judged to checkers.',
  doctor: 'A probe does in small what a run does: put the way to do it into the folder that runs use.',
  report: 'Reports read, they never decide: put the decision into a checker.',
  reproduce: 'A report is looked for with what explorations have; schedules, checkers and pictures belong into their own folders.',
  stress: 'A command is a process and nothing else here; what it means when it fails is for who reads its output.',
  reference: 'The reference validator is a program of its own: nobody but its build sees it, and it sees no harness.',
  policies: 'The policy build stands alone.',
  commands: 'Commands put the parts together: logic belongs into the folder that it is about.',
};

const folderRules = Object.entries(walls).map(([folder, allowed]) => ({
  name: `wall-of-${folder}`,
  comment: advice[folder],
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: '\\.(test|suite)\\.ts$|/test-[^/]*\\.ts$' },
  to: {
    path: '^(src|steps|support|subjects|features|bench)/',
    pathNot: [`^src/(${[folder, 'foundation', ...allowed].join('|')})/`, ...(folder === 'foundation' || folder === 'checkers' || folder === 'oci' ? [] : ['^src/config\\.ts$']), ...(folder === 'commands' ? ['^src/reference-build\\.ts$', '^bench/'] : [])],
  },
}));

const doorway = (library, files) => ({
  name: `doorway-of-${library.replaceAll(/[^a-z-]/g, '-')}`,
  comment: `${library} is imported in ${files} only, so that swapping it touches one place.`,
  severity: 'error',
  from: { pathNot: `${files}|\\.(test|suite)\\.ts$|/test-[^/]*\\.ts$` },
  to: { path: `node_modules/${library}/` },
});

export default {
  forbidden: [
    ...folderRules,
    {
      name: 'steps-see-support-only',
      comment: 'A step is one line: words to a World call. Put the work into src/scenario and a method on the World.',
      severity: 'error',
      from: { path: '^steps/' },
      to: { path: '^(src|subjects)/' },
    },
    {
      name: 'checkers-are-pure',
      comment: 'Checkers read a history: no files, network, clock or libraries. Record an event instead.',
      severity: 'error',
      from: { path: '^src/checkers/', pathNot: '\\.test\\.ts$|/test-[^/]*\\.ts$' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    doorway('execa', '^src/validator/process\\.ts$|^src/scenario/git-repository\\.ts$|^src/images/(base|programs)-image\\.ts$|^bench/'),
    doorway('testcontainers', '^src/containers/(engine|podman|start-group)\\.ts$'),
    doorway('jest-snapshot', '^src/scenario/snapshot-book\\.ts$'),
    doorway('@cucumber/cucumber', '^(support|steps)/|^src/commands/features\\.ts$'),
    { name: 'no-cycles', comment: 'Break the circle: move what both need into a file that neither knows.', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-orphans', comment: 'Nobody imports this file: use it or remove it.', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '\\.test\\.ts$' }, to: {} },
    { name: 'resolvable', comment: 'The import leads nowhere.', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'plain-names',
      comment: 'Name the file after what it is about; these names attract everything.',
      severity: 'error',
      from: {},
      to: { path: '(^|/)(utils?|common|helpers?|misc|types|manager)(/|\\.ts$)', pathNot: 'node_modules' },
    },
    { name: 'declared-dependencies', comment: 'Add it to package.json, exact version.', severity: 'error', from: { path: '^(src|steps|support)/' }, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, exclude: { path: '^dist/' }, enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] } },
};
