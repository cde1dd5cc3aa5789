/** Takes passwords and keys out of text that a person or a log file will see. */
import { isSecretKeyword } from './conninfo-keywords.ts';
import { parseKeywordValues } from './conninfo-keyword-values.ts';
import { isConninfoUri } from './conninfo-uri.ts';

const redacted = '***';

/**
 * Replaces every secret by `***` and leaves the rest as written. Takes connection strings in both forms, valid or
 * not, and any text that has them inside, such as a message of PostgreSQL or a SQL statement. The token of an
 * invitation is hidden too.
 */
export function redactConninfo(whole: string): string {
  const text = whole.replace(/\brepmgr-invitation-[\w-]+/g, `repmgr-invitation-${redacted}`);
  if (!isConninfoUri(text)) {
    const parsed = parseKeywordValues(text);
    if (parsed.kind === 'parsed') {
      return redactSpans(
        text,
        parsed.settings.filter((setting) => isSecretKeyword(setting.keyword)),
      );
    }
  }
  return redactProse(text);
}

function redactSpans(text: string, spans: readonly { start: number; end: number }[]): string {
  let result = '';
  let position = 0;
  for (const { start, end } of spans) {
    result += text.slice(position, start) + redacted;
    position = end;
  }
  return result + text.slice(position);
}

/** Rather too much than too little: an unclosed quote hides all that follows it. */
function redactProse(text: string): string {
  return text
    .replace(/(:\/\/[^\s:@/?]*:)\S*@/g, `$1${redacted}@`)
    .replace(/([?&])([^=&\s]+)=[^&\s]*/g, (whole: string, separator: string, name: string) =>
      isSecretKeyword(decodeLeniently(name)) ? `${separator}${name}=${redacted}` : whole,
    )
    .replace(
      /\b(\w*password|oauth_client_secret|scram_(?:client|server)_key)(\s*=\s*)(?:''.*?''|'(?:\\[^]|[^'\\])*(?:'|$)|(?:\\[^]|[^\s\\&])+)/gi,
      `$1$2${redacted}`,
    )
    .replace(/\b(password\s+)E?'(?:''|[^'])*(?:'|$)/gi, `$1${redacted}`);
}

function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
