/** A real VictoriaMetrics, where the machine has one (Debian: apt-get install victoria-metrics). */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../helpers/until.ts';
import { findPort, type Prometheus } from './start-prometheus.ts';

export const hasVictoriaMetrics = spawnSync('victoria-metrics', ['-version']).status === 0;

export async function startVictoriaMetrics(): Promise<Prometheus> {
  const port = await findPort();
  const folder = await mkdtemp(join(tmpdir(), 'test-victoria-metrics-'));
  const child = spawn(
    'victoria-metrics',
    [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${folder}`,
      '-memory.allowedBytes=128MB',
      '-loggerLevel=ERROR',
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
      const { ok } = await fetch(`${url}/health`);
      if (!ok) throw new Error('not ready yet');
    });
    if (child.exitCode !== null) throw new Error(`victoria-metrics ended with ${child.exitCode}`);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: dispose };
}
