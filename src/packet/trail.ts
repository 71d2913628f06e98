import type { Packet } from './decode.ts';
import { builtIn } from './known.ts';
import type { Header } from './protocol.ts';

/** iputils ping begins its payload with the time of day; what follows is the same in request and reply. */
const PING_TIME = 16;

const token = (payload: Buffer, from = 0) => (payload.length > from ? payload.toString('hex', from) : undefined);

const mark = ({ protocol, fields }: Header, payload: Buffer): string | number | undefined => {
  if (protocol === 'tcp') return fields.seq as number;
  if (protocol === 'udp') return token(payload);
  if ((protocol === 'icmp' || protocol === 'icmp6') && 'sequence' in fields) return token(payload, PING_TIME);
  return undefined;
};

const trailOf = (headers: Header[], payload: Buffer): string | undefined => {
  const innermost = headers.findLast(
    ({ protocol }) => protocol !== 'malformed' && !builtIn.known.get(protocol)?.message,
  );
  if (!innermost) return undefined;
  const survivor = mark(innermost, payload);
  return survivor === undefined ? undefined : `${innermost.protocol} ${survivor}`;
};

/** What stays the same of a packet through NAT and encapsulation, if anything does: `icmp 6869…`, `tcp 4217`. */
export const trail = ({ headers, payload }: Packet): string | undefined => trailOf(headers, payload);

/** The trail of the packet that an ICMP error quotes: as long as the quotation, so perhaps only its beginning. */
export const quotedTrail = ({ quoted, payload }: Packet): string | undefined => quoted && trailOf(quoted, payload);
