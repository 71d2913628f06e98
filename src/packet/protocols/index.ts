export { arp } from './arp.ts';
export { ether } from './ether.ts';
export { icmp } from './icmp.ts';
export { ip } from './ip.ts';
export { tcp } from './tcp.ts';
export { udp } from './udp.ts';
export { vxlan } from './vxlan.ts';
