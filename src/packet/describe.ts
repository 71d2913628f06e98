import { aligned } from './align.ts';
import { isIp } from './ip.ts';
import { builtIn } from './known.ts';
import type { ExpectedHeader, Header, MacOf, Value } from './protocol.ts';

const quote = (text: string) => `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

const literal = (value: Value | MacOf): string => {
  if (typeof value === 'object') return `mac(${quote(value.macOf)})`;
  return typeof value === 'string' ? quote(value) : String(value);
};

const call = ({ protocol, fields }: ExpectedHeader): string => {
  const stated = Object.entries(fields).map(([name, value]) => `${name}: ${literal(value)}`);
  return stated.length === 0 ? `${protocol}()` : `${protocol}({ ${stated.join(', ')} })`;
};

/** What says that a packet is a fragment, where it is one: nobody who reads it should take it for a whole. */
const ofFragment = (header: Header): string[] =>
  isIp(header) && (header.fields.mf === true || Number(header.fields.offset) > 0) ? ['offset', 'mf'] : [];

const worthShowing = (header: Header, expected: ExpectedHeader | undefined): Header => {
  const { protocol, fields } = header;
  const names = new Set([
    ...(builtIn.known.get(protocol)?.brief ?? Object.keys(fields)),
    ...ofFragment(header),
    ...Object.keys(expected?.fields ?? {}),
  ]);
  const shown = [...names].flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]] as const]));
  return { protocol, fields: Object.fromEntries(shown) };
};

/** Each seen header beside the stated one that it answers to; without an `ether` that is not stated. */
export const paired = (
  seen: readonly Header[],
  like: readonly ExpectedHeader[],
): { seen: Header; stated: ExpectedHeader | undefined }[] =>
  aligned(like, seen).flatMap(({ expected, seen }) => {
    if (!seen || (!expected && seen.header.protocol === 'ether')) return [];
    return [{ seen: seen.header, stated: expected?.header }];
  });

/** Seen headers with their `brief` fields and those of their counterparts in `like`, which are worth a reader's attention. */
export const shown = (headers: readonly Header[], like: readonly ExpectedHeader[]): Header[] =>
  paired(headers, like).map(({ seen, stated }) => worthShowing(seen, stated));

/** Each header as a lab states it, in full: `ip({ dst: '10.42.1.9', ttl: 63 })`. */
export function describe(headers: readonly ExpectedHeader[]): string[];
/** Each seen header as a lab would state it, with its `brief` fields and those of its counterpart in `like`. */
export function describe(seen: readonly Header[], like: readonly ExpectedHeader[]): string[];
export function describe(headers: readonly ExpectedHeader[], like?: readonly ExpectedHeader[]): string[] {
  return (like ? shown(headers as readonly Header[], like) : headers).map(call);
}
