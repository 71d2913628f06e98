/** What a person may choose besides the runtime. */
export interface Choice {
  /** Whether virtual machines hold one node each. */
  machinePerNode?: boolean;
  /** The kernel of virtual machines: a version of the distribution's, `6.12-cloud`, or a path, `/boot/vmlinuz:/lib/modules/6.9.0`. */
  kernel?: string;
  /** The file that lists hosts to be reached over SSH. */
  hosts?: string;
  /** Whether the lab is spread over them, as many nodes on each as there is room. */
  spread?: boolean;
  /** Where these hosts come from, if no file lists them: they are tasks on the machines of a Docker swarm, in this image if one is given. */
  on?: 'swarm';
  image?: string;
  /** The lab, as another program of packetwalk's finds it: its name, or the path of its file. */
  lab?: string;
}
