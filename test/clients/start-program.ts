/** Programs of the machine that serve HTTP, each in a folder of its own that goes with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../helpers/until.ts';

export interface Program extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts it, and waits until it is ready.
 * @param readyPath what it answers with a success once it is
 * @param prepare fills the folder, and gives the arguments
 */
export async function startProgram(
  command: string,
  port: number,
  readyPath: string,
  prepare: (folder: string) => readonly string[] | Promise<readonly string[]>,
): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), `test-${command}-`));
  const child = spawn(command, await prepare(folder), { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const dispose = async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(async () => {
      if (child.exitCode !== null) return;
      const { ok } = await fetch(url + readyPath);
      if (!ok) throw new Error('not ready yet');
    });
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: dispose };
}

/** It says nowhere which port it took, so it is given one that is free now. */
export async function findPort(): Promise<number> {
  const holder = createServer();
  holder.listen(0, '127.0.0.1');
  await once(holder, 'listening');
  // The address of a listening TCP server is an object.
  const { port } = holder.address() as AddressInfo;
  await new Promise((resolve) => holder.close(resolve));
  return port;
}
