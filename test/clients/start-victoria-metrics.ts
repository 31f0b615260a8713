/** A real VictoriaMetrics, where the machine has one (Debian: apt-get install victoria-metrics). */
import { spawnSync } from 'node:child_process';
import { findPort, type Program, startProgram } from './start-program.ts';

export const hasVictoriaMetrics = spawnSync('victoria-metrics', ['-version']).status === 0;

export async function startVictoriaMetrics(): Promise<Program> {
  const port = await findPort();
  return startProgram('victoria-metrics', port, '/health', (folder) => [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${folder}`,
    '-memory.allowedBytes=128MB',
    '-loggerLevel=ERROR',
  ]);
}
