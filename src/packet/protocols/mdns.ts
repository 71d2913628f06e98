// RFC 6762, section 18: a DNS message, of which the first bit of a question's class asks for a unicast answer, and that of a
// record's class says that others of its name are to be forgotten

import { turned } from '../answer.ts';
import { protocol } from '../protocol.ts';
import { type DnsFields, dnsMessage } from './dns.ts';

const PORT = 5353;

export const mdns = protocol<DnsFields>('mdns', {
  carriedBy: { udp: [PORT] },
  brief: ['qr', 'qname', 'qtype', 'addresses'],
  message: true,
  mirror: (fields) => turned(fields, 'qr', ['query', 'response']),
  decode: (bytes) => dnsMessage(bytes, 0x7fff),
});
