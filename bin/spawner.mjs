// SPDX-License-Identifier: Apache-2.0
// Starts processes for another one, which is large: a fork copies the tables of all its memory, ten milliseconds for 250 MB, and holds it up
// meanwhile. This one is small. It lives as long as the channel to its parent, and takes with it what it has started: the
// kernel closes the channel even after `kill -9`, and a process that stands stopped can't see that by itself.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import process from 'node:process';

/** Processes that have not ended; each leads a group. */
const running = new Set();

/** Outputs that wait for a process, each under its key. */
const opened = new Map();

/** One after the other, in the order asked for: who is first is no matter of chance. */
let turn = Promise.resolve();

process.on('message', (request) => {
  if (request.kind === 'open') for (const key of request.outputs) opened.set(key, openOutput(request.address, key));
  else turn = turn.then(() => serve(request));
});

async function serve(request) {
  const outputs = request.outputs.map((key) => opened.get(key));
  for (const key of request.outputs) opened.delete(key);
  try {
    start(request, await Promise.all(outputs));
  } catch (error) {
    refuse(request, error);
  }
}

process.on('disconnect', () => process.exit());

// However it ends: what is thrown as well.
process.on('exit', () => running.forEach(kill));

/** A connection that has said whose output it is. */
function openOutput(address, key) {
  const connection = new Promise((resolve, reject) => {
    const socket = connect(address, () => socket.write(key, () => resolve(socket)));
    socket.on('error', reject);
  });
  // Told when a process is to have it.
  connection.catch(() => undefined);
  return connection;
}

function start({ id, program, arguments: args, environment, directory }, outputs) {
  try {
    const child = spawn(program, args, { cwd: directory, env: environment, detached: true, stdio: ['ignore', ...outputs] });
    child.on('error', (error) => refuse({ id }, error));
    const { pid } = child;
    if (pid === undefined) return;
    running.add(pid);
    child.on('exit', (exitCode, signal) => {
      running.delete(pid);
      tell({ id, kind: 'exited', exitCode, signal });
    });
    tell({ id, kind: 'started', pid });
  } finally {
    // It has its own; theirs end with its own.
    for (const output of outputs) output.destroy();
  }
}

function refuse({ id }, error) {
  tell({ id, kind: 'refused', message: error.message });
}

/** Who is gone hears nothing any more: that is no error, which would come before the word that the channel is closed. */
function tell(said) {
  process.send(said, () => undefined);
}

function kill(group) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has gone meanwhile.
  }
}
