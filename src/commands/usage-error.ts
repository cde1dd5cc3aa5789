/** What is wrong with a command line, and what would be right. */
export interface UsageError {
  readonly message: string;
  /** What is accepted there, in a sentence. */
  readonly detail: string;
}
