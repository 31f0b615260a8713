/** A real Prometheus, where the machine has one (Debian: apt-get install prometheus). */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPort, type Program, startProgram } from './start-program.ts';

export const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

/**
 * @param options.config of its file; it takes remote writes besides
 * @param options.port one of findPort
 */
export async function startPrometheus(
  options: { readonly config?: object; readonly port?: number } = {},
): Promise<Program> {
  const { config = {}, port = await findPort() } = options;
  return startProgram('prometheus', port, '/-/ready', async (folder) => {
    // JSON is YAML.
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
    return [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--log.level=error',
    ];
  });
}
