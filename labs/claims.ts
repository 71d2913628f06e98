import type { Claim } from 'packetwalk';

// The documents, by their titles.
const dayInTheLife = 'A day in the life of packet (kube-router)';
const flannelOverlay = 'Kubernetes networking: flannel overlay networking (go-to-kubernetes)';
const kubernetesNetwork = 'Kubernetes Network';
const lifeOfAPacket = 'Life of a Packet in Kubernetes, notes';
const networkingExplained = 'Kubernetes networking explained';

/** The statements of the documents that labs prove or correct, by id. */
export const claims = {
  'NV-01': {
    document: lifeOfAPacket,
    says: 'two namespaces, each with its own links, routes, neighbours, netfilter rules and sockets',
  },
  'NV-02': { document: kubernetesNetwork, says: 'veth devices come in pairs; deleting one end deletes the other' },
  'NV-03': { document: lifeOfAPacket, says: 'an end moved into a namespace is visible only there' },
  'NV-04': { document: networkingExplained, says: 'moving an interface into a namespace turns it off' },
  'NV-05': { document: lifeOfAPacket, says: '10.0.0.11 and 10.0.0.12 ping each other, 3 of 3' },
  'NV-06': { document: kubernetesNetwork, says: 'what enters one peer leaves the other' },
  'NB-01': { document: lifeOfAPacket, says: 'two namespaces on a bridge reach each other and the bridge’s address' },
  'NB-02': { document: lifeOfAPacket, says: 'the bridge switches at layer 2' },
  'NB-03': { document: kubernetesNetwork, says: 'a bridge forwards a received frame to all other ports' },
  'NB-04': {
    document: kubernetesNetwork,
    says: 'the addresses of devices attached to a bridge become ineffective',
  },
  'NB-05': {
    document: lifeOfAPacket,
    says: 'without a default route the host address is unreachable; with one via the bridge it answers',
  },
  'NB-06': { document: networkingExplained, says: 'a bridge with no address still joins node1 and node2' },
  'NB-07': {
    document: networkingExplained,
    says: 'deleting the namespaces and the bridge leaves nothing, veths included',
  },
  'DN-01': {
    document: kubernetesNetwork,
    says: 'bridge mode: own namespace, own address range, a veth pair onto docker0; containers reach each other directly',
  },
  'DN-02': { document: kubernetesNetwork, says: 'a user-defined network is another bridge with its own range, apart from docker0' },
  'DN-03': { document: kubernetesNetwork, says: 'host mode shares the host’s namespace; an exposed port occupies the host’s port' },
  'DN-04': { document: kubernetesNetwork, says: 'container mode shares another container’s namespace; they talk over lo' },
  'DN-05': { document: kubernetesNetwork, says: 'none mode: only lo, and it can be configured by hand' },
  'DN-06': { document: networkingExplained, says: 'classic Docker publishes ports by NAT and so breaks the Kubernetes network model across hosts' },
  'PS-01': { document: lifeOfAPacket, says: 'the pause container holds the namespace and the others join it' },
  'PS-02': { document: kubernetesNetwork, says: 'only the network is shared: processes and file systems are not' },
  'NF-01': { document: lifeOfAPacket, says: 'incoming to local: PREROUTING then INPUT' },
  'NF-02': { document: lifeOfAPacket, says: 'incoming to another: PREROUTING, FORWARD, POSTROUTING; needs ip_forward' },
  'NF-03': { document: lifeOfAPacket, says: 'outgoing: OUTPUT then POSTROUTING' },
  'NF-04': { document: lifeOfAPacket, says: 'connection states NEW, ESTABLISHED, RELATED, INVALID' },
  'NF-05': { document: lifeOfAPacket, says: 'tables raw, mangle, nat, filter; nat sees only the first packet of a connection' },
  'CN-01': {
    document: networkingExplained,
    says: 'plugins in /opt/cni/bin, configuration in /etc/cni/net.d, results under /var/lib/cni',
  },
  'CN-02': {
    document: networkingExplained,
    says: 'three operations, ADD, DEL and VERSION, called through environment variables, answered in JSON',
  },
  'CN-03': { document: networkingExplained, says: 'isGateway gives the bridge the first address' },
  'CN-04': { document: networkingExplained, says: 'ipMasq masquerades the pods’ outgoing traffic' },
  'CN-05': {
    document: networkingExplained,
    says: 'host-local hands out addresses in order and keeps one file an address, holding the container id, and the last one',
  },
  'CN-06': { document: networkingExplained, says: 'DEL gives the address back and leaves nothing' },
  'CN-07': { document: networkingExplained, says: 'the pod has eth0, a default route via 10.1.0.1 and a connected route' },
  'CN-08': { document: networkingExplained, says: 'every pod’s outer veth is a port of mybridge; docker0 is unused' },
  'CN-09': { document: networkingExplained, says: 'the configured MTU 1460 holds on bridge and pods' },
  'CN-10': { document: networkingExplained, says: 'the MAC of bridge and pods spells the address (0a:58 + address)' },
  'CN-11': {
    document: lifeOfAPacket,
    says: 'the eight things a CNI must do (veth, pod CIDR, conf, IPAM, default route, advertise, host routes, policy)',
  },
  'KM-01': { document: dayInTheLife, says: 'all containers reach all containers without NAT' },
  'KM-02': { document: dayInTheLife, says: 'all nodes reach all containers, and back, without NAT' },
  'KM-03': { document: dayInTheLife, says: 'the address a container sees itself as is the one others see' },
  'FV-01': {
    document: flannelOverlay,
    says: 'flannel.1 is a VXLAN device: id 1, local node address, underlay device, dstport 8472, nolearning',
  },
  'FV-02': { document: kubernetesNetwork, says: 'MTU falls from 1500 to 1450 on flannel.1, cni0 and the pods' },
  'FV-03': { document: flannelOverlay, says: 'flannel.1 holds the pod CIDR’s base address as /32, cni0 holds .1/24' },
  'FV-04': {
    document: flannelOverlay,
    says: 'the local CIDR is on cni0; each remote CIDR goes via its .0 on flannel.1, onlink',
  },
  'FV-05': {
    document: flannelOverlay,
    says: 'each remote .0 has a PERMANENT neighbour entry: the remote flannel.1’s MAC',
  },
  'FV-06': {
    document: flannelOverlay,
    says: 'each remote flannel.1 MAC has an fdb entry: dst the remote node, self permanent',
  },
  'FV-07': { document: flannelOverlay, says: 'a UDP socket listens on 0.0.0.0:8472' },
  'FV-08': { document: kubernetesNetwork, says: '10.42.0.65 pings 10.42.1.9 with ttl=62' },
  'FV-09': { document: kubernetesNetwork, says: 'traceroute shows 10.42.0.1, 10.42.1.0, 10.42.1.9' },
  'FV-10': { document: kubernetesNetwork, says: 'the way out: pod eth0, veth, cni0, flannel.1, NIC' },
  'FV-11': {
    document: kubernetesNetwork,
    says: 'the outer packet: node to node addresses and MACs, UDP to 8472, VXLAN id 1',
  },
  'FV-12': {
    document: kubernetesNetwork,
    says: 'the inner frame: pod addresses; destination MAC that of the remote .0; source MAC that of the pod’s veth',
  },
  'FV-13': {
    document: kubernetesNetwork,
    says: 'the receiving node finds the device by VXLAN id, unpacks, routes to cni0 and the veth',
  },
  'FV-14': { document: kubernetesNetwork, says: 'VXLAN’s header has 8 bytes and a 24-bit id' },
  'FV-15': { document: kubernetesNetwork, says: 'nodes need only layer-3 reachability' },
  'FV-16': { document: kubernetesNetwork, says: 'every packet is handled in the kernel' },
  'FV-17': {
    document: flannelOverlay,
    says: 'a pod’s eth0 and its host veth know each other (peer_ifindex, @ifN, link-netnsid)',
  },
  'FV-18': {
    document: flannelOverlay,
    says: 'on the same node the packet stays on cni0; the node’s ping to the pod shows on its veth, ttl 64',
  },
  'FV-19': { document: flannelOverlay, says: 'subnet.env holds FLANNEL_NETWORK, _SUBNET, _MTU=1450, _IPMASQ=true' },
  'FV-20': {
    document: kubernetesNetwork,
    says: 'flannel reads its configuration and the peers’ subnets, addresses and MACs from etcd and writes routes, neighbours and fdb',
  },
  'FV-21': { document: kubernetesNetwork, says: 'all nodes need ip_forward=1' },
  'FV-22': { document: flannelOverlay, says: 'cni0’s ports are forwarding bridge slaves' },
  'FH-01': { document: kubernetesNetwork, says: 'each remote CIDR goes via the remote node’s own address' },
  'FH-02': {
    document: kubernetesNetwork,
    says: 'no encapsulation: pod addresses on the wire; destination MAC that of the remote node',
  },
  'FH-03': { document: kubernetesNetwork, says: 'the way: cni0, NIC, NIC, cni0, veth' },
  'FH-04': { document: kubernetesNetwork, says: 'all nodes must share one layer-2 network' },
  'FH-05': { document: kubernetesNetwork, says: 'underlay is more efficient than overlay' },
  'FU-01': {
    document: kubernetesNetwork,
    says: 'udp mode: a TUN device flannel0 and a user-space process that carries packets over UDP; generally not used',
  },
  'CB-01': { document: lifeOfAPacket, says: 'the pod’s default gateway is 169.254.1.1, which no device owns; its address is a /32' },
  'CB-02': { document: lifeOfAPacket, says: 'the host’s cali* device answers ARP for it (proxy_arp)' },
  'CB-03': { document: lifeOfAPacket, says: 'each local pod has a /32 route to its cali* device; there is no bridge' },
  'CB-04': { document: lifeOfAPacket, says: 'BIRD, one a node, exchanges the pod routes over BGP' },
  'CB-05': { document: lifeOfAPacket, says: 'direct mode has no encapsulation' },
  'CB-06': { document: lifeOfAPacket, says: 'a mesh gets messy at scale; a route reflector has fewer sessions' },
  'CB-07': { document: lifeOfAPacket, says: 'Felix programs routes and ACLs' },
  'CB-08': { document: lifeOfAPacket, says: 'confd renders BIRD’s configuration from the datastore' },
  'CI-01': { document: lifeOfAPacket, says: 'IP in IP through tunl0: outer header with node addresses, inner with pod addresses' },
  'CI-02': { document: lifeOfAPacket, says: 'CrossSubnet: direct inside a subnet, IP in IP between subnets' },
  'CV-01': { document: lifeOfAPacket, says: 'VXLAN: inner header, UDP, outer header' },
  'CV-02': { document: lifeOfAPacket, says: 'advertising routes to peers does not apply to VXLAN' },
  'KR-01': { document: dayInTheLife, says: 'five nodes in two subnets, a pod CIDR each' },
  'KR-02': { document: dayInTheLife, says: 'kube-bridge holds .1; its MAC spells the address (0a:58:64:60:02:01)' },
  'KR-03': { document: dayInTheLife, says: 'a CIDR in the same subnet goes via the node’s address, proto 17' },
  'KR-04': { document: dayInTheLife, says: 'a CIDR in another subnet goes through a tunnel device tun-<address without dots>, IP in IP, MTU 8961' },
  'KR-05': {
    document: dayInTheLife,
    says: 'rules: 32764 from the pod CIDR lookup 77, 32765 from all lookup 79; table 77 sends the other subnet’s nodes through the tunnels',
  },
  'KR-06': { document: dayInTheLife, says: 'kube-dummy-if holds every ClusterIP as /32, NOARP' },
  'KR-07': { document: dayInTheLife, says: 'same subnet: not encapsulated' },
  'KR-08': { document: dayInTheLife, says: 'other subnet: IP in IP between nodes, across the router' },
  'KR-09': { document: dayInTheLife, says: 'routes are learned from the other nodes by BGP' },
  'KR-10': { document: dayInTheLife, says: 'a ClusterIP reaches its pods (redis-master 100.66.80.152:6379 and the others)' },
  'KR-11': { document: dayInTheLife, says: 'frontend is reached at any node’s port 31497' },
  'PE-01': { document: lifeOfAPacket, says: 'pod to outside: SNAT from the pod’s to the node’s address' },
  'PP-01': { document: lifeOfAPacket, says: 'pod to pod is not NATed and kube-proxy is not involved' },
} satisfies Record<string, Claim>;
