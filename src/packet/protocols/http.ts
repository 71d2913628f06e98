// RFC 9112, section 2.1: a request line or a status line, then fields, each on a line that CR LF ends, or LF alone (2.2)
//
//   GET /index.html HTTP/1.1
//   HTTP/1.1 200 OK
import { protocol } from '../protocol.ts';

type Fields = {
  type: 'request' | 'response';
  version: string;
  /** Of a request. */
  method?: string;
  target?: string;
  host?: string;
  /** Of a response. */
  status?: number;
  reason?: string;
};

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const requestLine = new RegExp(`^(${TOKEN}) ([!-~]+) HTTP/(1\\.[01])$`);
const statusLine = /^HTTP\/(1\.[01]) (\d{3})(?: ([\t -~]*))?$/;
const LONGEST_LINE = 8192;

const lineAt = (bytes: Buffer, from: number): { line: string; end: number } | undefined => {
  const at = bytes.indexOf('\n', from);
  if (at < 0 || at - from > LONGEST_LINE) return undefined;
  return { line: bytes.toString('latin1', from, at).replace(/\r$/, ''), end: at + 1 };
};

/** The value of a field, of those that are whole in these bytes. */
const fieldOf = (bytes: Buffer, from: number, name: string): string | undefined => {
  for (let next = lineAt(bytes, from); next?.line; next = lineAt(bytes, next.end)) {
    const [, key, value] = /^([^:]+):[ \t]*(.*?)[ \t]*$/.exec(next.line) ?? [];
    if (key?.toLowerCase() === name) return value;
  }
  return undefined;
};

/** The beginning of a message; a segment that begins elsewhere in it has none. Fields and content are left in the payload. */
export const http = protocol<Fields>('http', {
  carriedBy: { tcp: [80, 8080] },
  brief: ['method', 'target', 'status'],
  message: true,
  decode(bytes) {
    const first = lineAt(bytes, 0);
    if (!first) return { malformed: 'its first line has no end' };
    const payload = bytes.subarray(first.end);
    const request = requestLine.exec(first.line);
    if (request) {
      const [, method = '', target = '', version = ''] = request;
      const host = fieldOf(bytes, first.end, 'host');
      const fields: Fields = { type: 'request', version, method, target, ...(host !== undefined && { host }) };
      return { fields, payload };
    }
    const [, version = '', status, reason = ''] = statusLine.exec(first.line) ?? [];
    if (!status) return { malformed: 'it begins with no request line and no status line' };
    return { fields: { type: 'response', version, status: Number(status), reason }, payload };
  },
});
