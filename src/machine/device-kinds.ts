/** The kinds of devices that ip-link(8) and the kernel's own documents name, the usual ones first. */
export const deviceKinds = (
  'veth bridge vxlan ipip gre dummy vrf macvlan ipvlan geneve wireguard vlan gretap sit bond ip6gre ip6gretap ip6tnl ' +
  'team ifb macvtap ipvtap vti vti6 xfrm macsec erspan ip6erspan bareudp nlmon hsr batadv vcan vxcan netdevsim amt ' +
  'gtp ipoib rmnet dsa wwan virt_wifi netkit ovpn'
).split(' ');
