#!/usr/bin/python3 -B
"""Mininet's single switch with so many hosts on a Linux bridge: says how long start and stop took."""

import json
import os
import resource
import sys
from time import perf_counter

from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo


def timed(work):
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1000


# Mininet would raise limits of the whole machine (mininet.util.fixLimits): only this process needs more open files.
Mininet.inited = True
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(16384, hard), hard))

net = Mininet(topo=SingleSwitchTopo(int(sys.argv[1])), switch=LinuxBridge, controller=None, build=False)
print(json.dumps({"upMs": timed(net.start)}), flush=True)
if sys.stdin.read():
    print(net.hosts[0].cmd(os.environ["LOOK"]), flush=True)
print(json.dumps({"downMs": timed(net.stop)}), flush=True)
