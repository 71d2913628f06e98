/** The words of a lab: what a lab file imports from `packetwalk`. */
export type {
  Cable,
  Check,
  Claim,
  Commands,
  Expectation,
  Fault,
  Hop,
  Kind,
  Lab,
  Matrix,
  Point,
  Proof,
  Send,
  Shape,
  Walk,
} from './lab.ts';
export { at, corrects, exactly, fails, json, lab, lacks, lines, none, send } from './lab.ts';
export { arp, type ExpectedHeader, ether, icmp, ip, mac, tcp, udp, vxlan } from './packet/index.ts';
