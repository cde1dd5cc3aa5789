/** The shape of one parameter of repmgr.conf. The parameters themselves stand in the files beside this one. */

/**
 * How the text of a value is read.
 *
 * - `duration`: seconds, or a number with `ms`, `s`, `min`, `m`, `h` or `d`; milliseconds in `Config`
 * - `size`: bytes, or a number with `kB`, `MB`, `GB` or `TB`; bytes in `Config`
 * - `address`: HOST:PORT, an IPv6 host in brackets
 * - `mapping`: OLD=NEW with `\=` for a literal `=`; each line adds one
 * - `list`: words separated by commas; each line adds to it
 */
export type ParameterKind =
  | 'text'
  | 'path'
  | 'command'
  | 'conninfo'
  | 'address'
  | 'apply-delay'
  | 'integer'
  | 'boolean'
  | 'choice'
  | 'list'
  | 'mapping'
  | 'duration'
  | 'size';

export type Program = 'repmgr' | 'repmgrd';

export interface Parameter {
  /** The name that the documentation uses: that of repmgr 3 where it had one. */
  readonly name: string;
  /** Other names that mean the same: those of repmgr 4 and 5, and synonyms of repmgr 3. */
  readonly spellings?: readonly string[];
  /** Its name in `Config`. */
  readonly property: string;
  readonly kind: ParameterKind;
  readonly choices?: readonly string[];
  /** What other words for one of the choices mean, in upper or lower case. */
  readonly choiceSynonyms?: Readonly<Record<string, string>>;
  /** A word that is no choice is reported and the default kept, as repmgr 3 does for its log settings. */
  readonly isUnknownChoiceTolerated?: true;
  /** As it would stand in the file. Without it the value is undefined where the file says nothing. */
  readonly default?: string;
  /** A value for the sample file; that of a required parameter stands there without a comment sign. */
  readonly example?: string;
  /** What the documentation says instead, where the default follows from other parameters. */
  readonly defaultInWords?: string;
  /** An error where the file does not have it. */
  readonly isRequired?: true;
  /** In the unit of a plain number in the file: seconds for durations, bytes for sizes. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** `-1` stands for "never", undefined in `Config`. */
  readonly isNeverAllowed?: true;
  /** In bytes of UTF-8: PostgreSQL cuts longer identifiers. */
  readonly maximumBytes?: number;
  /** Further parameters `name.WORD` may stand beside it, as many as wanted. */
  readonly hasNamedVariants?: true;
  /** The first release that had it: of repmgr 3 to 5 with two numbers, `new` for ours. */
  readonly since: string;
  readonly readBy: readonly Program[];
  /** The programs that do not act on it yet: they accept it with a WARNING. */
  readonly notYetIn?: readonly Program[];
  /** SIGHUP makes a running repmgrd use a changed value. */
  readonly isReloadable?: true;
  /** One or two sentences for the reference and the sample file. */
  readonly help: string;
}
