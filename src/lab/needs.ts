/** A program that packetwalk does not know, and the package that has it, by package manager. */
export interface OwnProgram {
  command: string;
  packages?: { apt?: string; dnf?: string; apk?: string; pacman?: string };
}

/** A part of a kernel that packetwalk does not know: its name, and a command that succeeds where it is there. */
export interface OwnPart {
  part: string;
  probe: string;
}

/** What a lab needs of the machines that its nodes are on; what its lines tell besides is added to that. */
export interface Needs {
  /** Programs by their names (`packetwalk doctor` lists those that are known). */
  programs?: readonly (string | OwnProgram)[];
  /** Parts of a kernel: `netem`, `vlan_filtering`. */
  kernel?: readonly (string | OwnPart)[];
  /** Kinds of devices, as ip-link(8) takes them behind `type`. */
  devices?: readonly string[];
}
