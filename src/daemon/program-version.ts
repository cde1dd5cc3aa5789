/** The version of this program, as the build wrote it into the bundle. */
export const programVersion: string = process.env['REPMGR_VERSION'] ?? 'of a source tree';
