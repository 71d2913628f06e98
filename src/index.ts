/** The words of a lab: what a lab file imports from `packetwalk`. */
export type {
  Cable,
  Check,
  Claim,
  Commands,
  Daemon,
  Expectation,
  Fault,
  Hop,
  Kind,
  Lab,
  Matrix,
  Point,
  Proof,
  Script,
  Send,
  Shape,
  Walk,
} from './lab.ts';
export { at, corrects, daemon, exactly, fails, json, lab, lacks, lines, none, send } from './lab.ts';
export { arp, type ExpectedHeader, ether, icmp, ip, mac, tcp, udp, vxlan } from './packet/index.ts';
