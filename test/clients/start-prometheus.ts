/** A real Prometheus, where the machine has one (Debian: apt-get install prometheus). */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../helpers/until.ts';

export const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

export interface Prometheus extends AsyncDisposable {
  readonly url: string;
}

/**
 * @param options.config of its file; it takes remote writes besides
 * @param options.port one of findPort
 */
export async function startPrometheus(
  options: { readonly config?: object; readonly port?: number } = {},
): Promise<Prometheus> {
  const { config = {}, port = await findPort() } = options;
  const folder = await mkdtemp(join(tmpdir(), 'test-prometheus-'));
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
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
      const { ok } = await fetch(`${url}/-/ready`);
      if (!ok) throw new Error('not ready yet');
    });
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
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
