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
  88af 0007 0014 15c3                 # udp: 34991 to 7, 20 bytes
  77686f206973207468657265            # "who is there"`);

export const portUnreachable = bytes(`
  ${DOWN}
  45 c0 0044 6a75 0000 3f 01 fae6     # ip
  0a2a0109 0a2a0041                   #   10.42.1.9 to 10.42.0.65
  03 03 1306 00000000                 # icmp: unreachable, code 3
  45 00 0028 fa0c 4000 3f 11 2c1b     #   quoted ip: ttl 63, UDP
  0a2a0041 0a2a0109
  88af 0007 0014 15c3                 #   quoted udp: 34991 to 7
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

// Captured between two nodes that run BIRD 2.0 and dnsmasq 2.90, one of them Keepalived 2.2.

const TO_NODE1 = '0e0000000002 0e0000000001 0800  # ether: from 192.168.205.3 to 192.168.205.4';
const TO_MASTER = '0e0000000001 0e0000000002 0800  # ether: from 192.168.205.4 to 192.168.205.3';
const TO_ROUTERS = '01005e000012 0e0000000001 0800  # ether: to 224.0.0.18';
const MARKER = 'ffffffffffffffffffffffffffffffff';

export const bgpOpen = bytes(`
  ${TO_NODE1}
  45 c0 0069 b679 4000 40 06 67fc     # ip: 105 bytes, dscp 48, TCP
  c0a8cd03 c0a8cd04
  cc27 00b3 8ff4568b 8c69f74a         # tcp: 52263 to 179, seq 2415154827
  80 18 003f 1bb5 0000 0101 080a c9be9611 5ef100bf
  ${MARKER} 0035 01                   # bgp: 53 bytes, OPEN
  04 fc00 005a c0a8cd03               #   version 4, AS 64512, hold time 90, router id 192.168.205.3
  18 02 16 010400010001 0200 4002 0078 4104 0000fc00 4600 4700`);

export const bgpKeepalive = bytes(`
  ${TO_MASTER}
  45 c0 0047 4ff1 4000 40 06 cea6     # ip
  c0a8cd04 c0a8cd03
  00b3 cc27 8c69f77f 8ff456c0         # tcp: 179 to 52263
  80 18 0040 1b93 0000 0101 080a 5ef100bf c9be9611
  ${MARKER} 0013 04                   # bgp: 19 bytes, KEEPALIVE`);

export const bgpUpdates = bytes(`
  ${TO_NODE1}
  45 c0 007f b67d 4000 40 06 67e2     # ip
  c0a8cd03 c0a8cd04
  cc27 00b3 8ff456d3 8c69f792         # tcp: 52263 to 179, seq 2415154899
  80 18 003f 1bcb 0000 0101 080a c9be963c 5ef100ea
  ${MARKER} 0034 02                   # bgp: 52 bytes, UPDATE
  0000 0015                           #   nothing withdrawn, 21 bytes of attributes
  400101 00 400200 400304 c0a8cd03 400504 00000064
  18 0a2a01 18 0a2a00                 #   10.42.1.0/24, 10.42.0.0/24
  ${MARKER} 0017 02 0000 0000         # bgp: 23 bytes, UPDATE: no more routes`);

export const bgpNotification = bytes(`
  ${TO_NODE1}
  45 c0 0049 b681 4000 40 06 6814     # ip
  c0a8cd03 c0a8cd04
  cc27 00b3 8ff45739 8c69f7d9         # tcp: 52263 to 179
  80 18 003f 1b95 0000 0101 080a c9beb636 5ef10116
  ${MARKER} 0015 03 06 02             # bgp: 21 bytes, NOTIFICATION: Cease, administrative shutdown`);

export const dnsQuery = bytes(`
  ${TO_NODE1}
  45 00 004b 45bf 4000 40 11 d989     # ip: 75 bytes, UDP
  c0a8cd03 c0a8cd04
  b1fb 0035 0037 1ba2                 # udp: 45563 to 53
  e5de 0100 0001 0000 0000 0000       # dns: id 58846, a query, recursion desired, one question
  03777777 0764656661756c74 03737663 07636c7573746572 056c6f63616c 00
  0001 0001                           #   www.default.svc.cluster.local, A, IN`);

export const dnsResponse = bytes(`
  ${TO_MASTER}
  45 00 0086 dd54 4000 40 11 41b9     # ip
  c0a8cd04 c0a8cd03
  0035 b1fb 0072 1bdd                 # udp: 53 to 45563
  e5de 8580 0001 0002 0000 0000       # dns: a response, NOERROR, one question, two answers
  03777777 0764656661756c74 03737663 07636c7573746572 056c6f63616c 00
  0001 0001                           #   www.default.svc.cluster.local, A, IN
  c00c 0005 0001 00000000 001f        #   the same name: CNAME
  03776562 0764656661756c74 03737663 07636c7573746572 056c6f63616c 00
  c03b 0001 0001 00000000 0004        #   web.default.svc.cluster.local: A
  0a600050                            #   10.96.0.80`);

export const dnsNoName = bytes(`
  ${TO_MASTER}
  45 00 0043 dd55 4000 40 11 41fb     # ip
  c0a8cd04 c0a8cd03
  0035 b1fb 002f 1b9a                 # udp: 53 to 45563
  6d97 8183 0001 0000 0000 0000       # dns: a response, NXDOMAIN
  076e6f7768657265 07636c7573746572 056c6f63616c 00
  0001 0001                           #   nowhere.cluster.local, A, IN`);

export const vrrp2 = bytes(`
  ${TO_ROUTERS}
  45 c0 002c 0001 0000 ff 70 4ce2     # ip: ttl 255, VRRP
  c0a8cd03 e0000012
  21 33 64 02 01 01 2161              # vrrp: version 2, vrid 51, priority 100, 2 addresses, password, every second
  c0a8cd64 c0a8cd65                   #   192.168.205.100, 192.168.205.101
  7365637265740000                    #   "secret"`);

export const vrrp3 = bytes(`
  ${TO_ROUTERS}
  45 c0 0024 0001 0000 ff 70 4cea     # ip
  c0a8cd03 e0000012
  31 33 64 02 0064 e00a               # vrrp: version 3, vrid 51, priority 100, 2 addresses, every 100 hundredths
  c0a8cd64 c0a8cd65`);

// Composed after RFC 2890, about the ping above.

const PING = echoReply.subarray(14).toString('hex');

export const greEcho = bytes(`
  ${TO_NODE1}
  45 00 0074 0000 4000 40 2f 1f02     # ip: 116 bytes, GRE
  c0a8cd03 c0a8cd04
  3000 0800 00000007 00000001         # gre: key 7, sequence 1, IPv4
  ${PING}`);

export const gretapEcho = bytes(`
  ${TO_NODE1}
  45 00 007a 0000 4000 40 2f 1efc     # ip: 122 bytes, GRE
  c0a8cd03 c0a8cd04
  0000 6558                           # gre: Ethernet
  ${DOWN}
  ${PING}`);

export const geneveEcho = bytes(`
  ${TO_NODE1}
  45 00 008e 0000 4000 40 11 0000     # ip: 142 bytes, UDP
  c0a8cd03 c0a8cd04
  dbc1 17c1 007a 0000                 # udp: 56257 to 6081, 122 bytes
  02 40 6558 000007 00                # geneve: 8 bytes of options, critical, Ethernet, vni 7
  0102 80 01 00000001                 #   class 0x0102, type 0x80, 4 bytes
  ${DOWN}
  ${PING}`);

export const genevePing = bytes(`
  ${TO_NODE1}
  45 00 0078 0000 4000 40 11 0000     # ip: 120 bytes, UDP
  c0a8cd03 c0a8cd04
  dbc1 17c1 0064 0000                 # udp: 56257 to 6081, 100 bytes
  00 00 0800 000007 00                # geneve: no options, IPv4, vni 7
  ${PING}`);

export const ipipEcho = bytes(`
  ${TO_NODE1}
  45 00 0068 0000 4000 40 04 1f39     # ip: 104 bytes, IPv4
  c0a8cd03 c0a8cd04
  ${PING}`);

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
  bgpOpen,
  bgpKeepalive,
  bgpUpdates,
  bgpNotification,
  dnsQuery,
  dnsResponse,
  dnsNoName,
  vrrp2,
  vrrp3,
  greEcho,
  gretapEcho,
  geneveEcho,
  genevePing,
  ipipEcho,
};
