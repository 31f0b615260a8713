/** Which versions of Node.js the program runs on. */

/** As `engines` of package.json has it; a test compares them. From 24 on, any. */
const SUPPORTED = [
  { major: 20, minor: 19 },
  { major: 22, minor: 12 },
] as const;
const ANY_FROM = 24;

export const SUPPORTED_NODE = '20.19 or newer of 20, 22.12 or newer of 22, or 24 and newer';

/** @param version as in `process.versions.node` */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= ANY_FROM || SUPPORTED.some((line) => line.major === major && minor >= line.minor);
}
