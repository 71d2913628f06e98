import { bytes } from './bytes.ts';

// Captured on Linux: `ping -c 1 -p 7061636b6574 10.42.1.9` through a VXLAN, then what the other end and the router answered.

const UP = '0e0000000002 0e0000000001 0800  # ether: 0e:…:01 to 0e:…:02, IPv4';
const DOWN = '0e0000000001 0e0000000002 0800  # ether: 0e:…:02 to 0e:…:01, IPv4';

const ECHO = `
  cc66016b00000000 cc2d090000000000   # the time of day
  6574 7061636b6574 7061636b6574 7061636b6574 7061636b6574 7061636b6574 7061636b6574 7061   # "etpacketpacket…pa"`;

/** What a ping's payload holds after the time of day. */
export const ECHO_TOKEN = '65747061636b65747061636b65747061636b65747061636b65747061636b65747061636b65747061';

export const vxlanEcho = bytes(`
  0a0000000002 0a0000000001 0800      # ether
  45 00 0086 e943 0000 40 11 75ca     # ip: 134 bytes, ttl 64, UDP
  c0a8cd04 c0a8cd03                   #   192.168.205.4 to 192.168.205.3
  dbc1 2118 0072 1bdd                 # udp: 56257 to 8472
  08 000000 000001 00                 # vxlan: I, vni 1
  ${UP}
  45 00 0054 6b03 4000 40 01 ba08     # ip: 84 bytes, df, ttl 64, ICMP
  0a2a0041 0a2a0109                   #   10.42.0.65 to 10.42.1.9
  08 00 277f 0023 0001                # icmp: echo request, id 35, sequence 1
  ${ECHO}`);

export const echoReply = bytes(`
  ${DOWN}
  45 00 0054 6a3e 0000 3f 01 fbcd     # ip: 84 bytes, ttl 63, ICMP
  0a2a0109 0a2a0041                   #   10.42.1.9 to 10.42.0.65
  00 00 2f7f 0023 0001                # icmp: echo reply, id 35, sequence 1
  ${ECHO}`);

export const timeExceeded = bytes(`
  ${DOWN}
  45 c0 0070 c9f8 0000 40 01 9b3f     # ip: 112 bytes, dscp 48
  0a2a0001 0a2a0041                   #   10.42.0.1 to 10.42.0.65
  0b 00 f4ff 00000000                 # icmp: time exceeded
  45 00 0054 6b04 4000 01 01 f907     #   quoted ip: df, ttl 1, ICMP
  0a2a0041 0a2a0109                   #     10.42.0.65 to 10.42.1.9
  08 00 2872 0024 0001                #   quoted icmp: echo request, id 36, sequence 1
  ${ECHO}`);

export const fragmentationNeeded = bytes(`
  ${DOWN}
  45 c0 0038 c9f9 0000 40 01 0000     # ip: 56 bytes; a router that quotes no more than RFC 792 asks for
  0a2a0001 0a2a0041                   #   10.42.0.1 to 10.42.0.65
  03 04 0b6b 0000 04b0                # icmp: unreachable, code 4, mtu 1200
  45 00 0530 0000 4000 40 01 2030     #   quoted ip: 1328 bytes, df
  0a2a0041 0a2a0109                   #     10.42.0.65 to 10.42.1.9
  08 00 7c3e 0025 0001                #   quoted icmp: echo request, id 37`);

export const datagram = bytes(`
  ${UP}
  45 00 0028 fa0c 4000 40 11 2b1b     # ip: 40 bytes, df, ttl 64, UDP
  0a2a0041 0a2a0109                   #   10.42.0.65 to 10.42.1.9
  88af 0035 0014 15c3                 # udp: 34991 to 53, 20 bytes
  77686f206973207468657265            # "who is there"`);

export const portUnreachable = bytes(`
  ${DOWN}
  45 c0 0044 6a75 0000 3f 01 fae6     # ip
  0a2a0109 0a2a0041                   #   10.42.1.9 to 10.42.0.65
  03 03 1306 00000000                 # icmp: unreachable, code 3
  45 00 0028 fa0c 4000 3f 11 2c1b     #   quoted ip: ttl 63, UDP
  0a2a0041 0a2a0109
  88af 0035 0014 15c3                 #   quoted udp: 34991 to 53
  77686f206973207468657265`);

export const syn = bytes(`
  ${UP}
  45 00 003c 813d 4000 40 06 a3e1     # ip: 60 bytes, df, ttl 64, TCP
  0a2a0041 0a2a0109                   #   10.42.0.65 to 10.42.1.9
  eba6 0050 5bd84788 00000000         # tcp: 60326 to 80, seq 1540900744
  a0 02 fdc0 15cc 0000                #   40 bytes, SYN, window 64960
  0204 0488 0402 080a 94cb12f9 00000000 0103 030a`);

export const synAck = bytes(`
  ${DOWN}
  45 00 003c 0000 4000 3f 06 261f     # ip: ttl 63
  0a2a0109 0a2a0041                   #   10.42.1.9 to 10.42.0.65
  0050 eba6 960b7e97 5bd84789         # tcp: 80 to 60326, seq 2517335703, ack 1540900745
  a0 12 ff9c 15cc 0000                #   40 bytes, SYN and ACK, window 65436
  0204 0488 0402 080a 4a714066 94cb12f9 0103 030a`);

export const arpRequest = bytes(`
  ffffffffffff 0e0000000001 0806      # ether: to everyone, ARP
  0001 0800 06 04 0001                # arp: Ethernet, IPv4, request
  0e0000000001 0a2a0041               #   from 10.42.0.65
  000000000000 0a2a0001               #   who has 10.42.0.1?`);

export const arpReply = bytes(`
  ${DOWN.replace('0800', '0806')}
  0001 0800 06 04 0002                # arp: reply
  0e0000000002 0a2a0001               #   10.42.0.1 is at 0e:00:00:00:00:02
  0e0000000001 0a2a0041`);

export const frames: Record<string, Buffer> = {
  vxlanEcho,
  echoReply,
  timeExceeded,
  fragmentationNeeded,
  datagram,
  portUnreachable,
  syn,
  synAck,
  arpRequest,
  arpReply,
};
