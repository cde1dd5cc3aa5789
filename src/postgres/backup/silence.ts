/** Notices when nothing happens for too long. */

export interface SilenceWatch {
  /** Aborted when it was silent for longer than allowed. */
  readonly signal: AbortSignal;
  /** Something happened; from now on so many milliseconds of silence are allowed. */
  allow(milliseconds: number): void;
  stop(): void;
}

export function watchSilence(allowedMs: number): SilenceWatch {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const allow = (milliseconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), milliseconds);
  };
  allow(allowedMs);
  return { signal: controller.signal, allow, stop: () => clearTimeout(timer) };
}
