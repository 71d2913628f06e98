"""Kathará's hosts on one collision domain, in containers of an image that the engine has: says how long start and stop took."""

import json
import os
import sys
from time import perf_counter

from docker.models.networks import NetworkCollection
from Kathara.manager.docker.DockerPlugin import DockerPlugin
from Kathara.manager.Kathara import Kathara
from Kathara.model.Lab import Lab
from Kathara.setting.Setting import Setting


def timed(work):
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1000


# Kathará's networks are a plugin's, which its users' engines pull: where none can be pulled, the engine's own bridges take its place.
create = NetworkCollection.create
NetworkCollection.create = lambda self, name, **said: create(self, name, **{**said, "driver": "bridge", "ipam": None})
DockerPlugin.check_and_download_plugin = lambda self: None

size, image = int(sys.argv[1]), sys.argv[2]
Setting.get_instance().load_from_dict({"image": image, "image_update_policy": "Never"})
lab = Lab("hosts")
for n in range(1, size + 1):
    lab.connect_machine_to_link(f"host{n}", "lan")
    lab.create_file_from_list([f"ip addr add 10.0.{n >> 8}.{n & 255}/16 dev eth0"], f"host{n}.startup")

kathara = Kathara.get_instance()
print(json.dumps({"upMs": timed(lambda: kathara.deploy_lab(lab))}), flush=True)
for host in sys.stdin.read().split():
    said, complaint, _ = kathara.exec(host, ["sh", "-c", os.environ["LOOK"]], lab=lab, stream=False, wait=True)
    print((said or complaint or b"").decode(), flush=True)
print(json.dumps({"downMs": timed(lambda: kathara.undeploy_lab(lab=lab))}), flush=True)
