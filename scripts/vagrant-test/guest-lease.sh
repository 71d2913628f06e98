#!/bin/sh
# What udhcpc runs when it has got an address.
[ "$1" = bound ] && ip addr add "$ip/$mask" dev "$interface"
