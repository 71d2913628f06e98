import type { Claim } from 'packetwalk';

// The documents, by their titles.
const dayInTheLife = 'A day in the life of packet (kube-router)';
const flannelOverlay = 'Kubernetes networking: flannel overlay networking (go-to-kubernetes)';
const kubernetesNetwork = 'Kubernetes Network';
const lifeOfAPacket = 'Life of a Packet in Kubernetes, notes';

/** The statements of the documents that labs prove or correct, by id. */
export const claims = {
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
  'FV-21': { document: kubernetesNetwork, says: 'all nodes need ip_forward=1' },
  'FV-22': { document: flannelOverlay, says: 'cni0’s ports are forwarding bridge slaves' },
  'PP-01': { document: lifeOfAPacket, says: 'pod to pod is not NATed and kube-proxy is not involved' },
} satisfies Record<string, Claim>;
