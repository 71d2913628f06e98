#!/bin/sh
# The first process of a machine of test:vagrant: an address by DHCP, then SSH. MODULES is filled in.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /run/lock /run/netns
exec </dev/console >/dev/console 2>&1
modprobe -a -q MODULES
ip link set lo up
ip link set eth0 up
busybox udhcpc -i eth0 -t 5 -T 2 -A 1 -s /etc/lease.sh
dropbear -s -k -r /etc/dropbear/host_key -p 22
echo 'test:vagrant: ready'
while :; do
  sleep 3600 &
  wait $!
done
