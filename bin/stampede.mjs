#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Plain old syntax on purpose: an outdated Node must be able to read this file to be told that it is outdated.
import { accessSync, constants, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

var needed = [20, 11];

function fail(line, hint) {
  process.stderr.write(line + '\n  try: ' + hint + '\n');
  process.exit(2);
}

function isTooOld(version) {
  var parts = version.split('.').map(Number);
  return parts[0] < needed[0] || (parts[0] === needed[0] && parts[1] < needed[1]);
}

// The variable is for the test of this very message: no old Node need be installed for it.
var nodeVersion = process.env.STAMPEDE_PRETEND_NODE || process.versions.node;
if (isTooOld(nodeVersion)) {
  fail('NODE_TOO_OLD: this is Node ' + nodeVersion + ', Node ' + needed.join('.') + ' or newer is needed', 'install a current Node, then npm ci');
}
if (!existsSync(new URL('../node_modules/esbuild', import.meta.url))) {
  fail('CONFIG_INVALID: the dependencies are not installed', 'npm ci');
}

// The TypeScript loader keeps its cache there and would end with a stack trace.
try {
  accessSync(tmpdir() + '/.', constants.W_OK);
} catch (error) {
  fail('FOLDER_NOT_WRITABLE: no temporary files can be made in ' + tmpdir(), 'set TMPDIR to a folder that can be written');
}

// Whoever reads the output may go before its end (`| head`); the run goes on and cleans up after itself.
process.stdout.on('error', function (error) {
  if (error.code !== 'EPIPE') throw error;
});

// Where nothing can be made of the sources, they are loaded as they are, which takes some seconds.
function loaded(error) {
  // ENOENT is what Node says of a folder that it can't make on a disk that is read only.
  if (!['EACCES', 'EROFS', 'ENOENT', 'ENOSPC', 'EDQUOT'].includes(error.code)) throw error;
  return import('tsx/esm/api').then(function (tsx) {
    tsx.register();
    return import('../src/commands/main.ts');
  });
}

process.setSourceMapsEnabled(true);
import('./compiled.mjs')
  .then(function (builder) {
    return builder.compiled(fileURLToPath(new URL('..', import.meta.url)));
  })
  .then(function (folder) {
    return import(pathToFileURL(folder + '/src/commands/main.js').href);
  }, loaded)
  .then(function (commands) {
    return commands.main(process.argv.slice(2));
  })
  .then(function (status) {
    process.exitCode = status;
    // Workers may still be cleaning up, so the process ends by itself; a connection to an engine that never answers
    // must not keep it for ever.
    setTimeout(function () {
      process.exit(status);
    }, 5000).unref();
  });
