/** Something that a user should know of a clone although it is no error. */
export interface Remark {
  readonly level: 'notice' | 'warning';
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}
