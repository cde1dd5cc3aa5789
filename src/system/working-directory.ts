/** The directory that relative paths start at. */

/** The working directory; one that was removed in the meantime, by the name that the shell gave it. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env['PWD'] ?? '/';
  }
}
