# The first process of a sandbox that has a libvirt of its own, then runs the words that it was given. All that libvirt
# starts ends with it, and all that it writes is in memory.
set -e
for folder in /run /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
  mkdir -p "$folder"
  mount -t tmpfs tmpfs "$folder"
done
mkdir -p /run/lock /run/libvirt /var/lib/libvirt/images /etc/libvirt/qemu/networks
ip link set lo up
# A network of virtual machines is a cable: no firewall belongs in it.
sysctl -eqw net.bridge.bridge-nf-call-iptables=0 net.ipv6.conf.default.disable_ipv6=1
cat >/etc/libvirt/libvirtd.conf <<'end'
auth_unix_ro = "none"
auth_unix_rw = "none"
end
cat >/etc/libvirt/qemu.conf <<'end'
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
end
libvirtd --daemon || { cat /var/log/libvirt/libvirtd.log >&2; exit 1; }
# The network by which Vagrant reaches its machines, ready made: without a wait for each address, and without a way out.
cat >/run/vagrant-libvirt.xml <<'end'
<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>vagrant-libvirt</name>
  <bridge name='virbr0' stp='off' delay='0'/>
  <ip address='192.168.121.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.121.2' end='192.168.121.254'/></dhcp>
  </ip>
  <dnsmasq:options><dnsmasq:option value='no-ping'/></dnsmasq:options>
</network>
end
virsh --quiet net-define /run/vagrant-libvirt.xml >/dev/null
set +e
"$@"
