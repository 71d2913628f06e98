# What packetwalk's agent learns (see agent.pl) when a terminal is asked for. Its requests:
#   terminal ID PLACE ROWS COLUMNS ARGV ENVIRONMENT   open a terminal and run a program on it; ARGV, and ENVIRONMENT's NAME=VALUE,
#                                                     are joined by NUL. From then on, until `over ID CODE`: said ID BYTES
#   keys   ID TERMINAL BYTES                          type into the terminal of that id
#   resize ID TERMINAL ROWS COLUMNS                   tell it how large it is
#   hold   ID TERMINAL HELD                           read no more of what its program prints, while HELD is 1
#   hang_up ID TERMINAL                               end its program, as a terminal does that is switched off
# asm-generic/ioctls.h; TIOCGPTPEER opens the other end without a path to it (Linux 4.13).
my ($TIOCSPTLCK, $TIOCGPTPEER, $TIOCSWINSZ, $TIOCSCTTY) = (0x40045431, 0x5441, 0x5414, 0x540e);
my ($O_RDWR, $O_NOCTTY) = (02, 0400);

sub pty {
    my ($rows, $columns) = @_;
    open(my $near, '+<', '/dev/ptmx') or die "no terminal can be opened (/dev/ptmx: $!)\n";
    my ($unlocked, $flags, $size) = (pack('i', 0), $O_RDWR | $O_NOCTTY, pack('S4', $rows, $columns, 0, 0));
    ioctl($near, $TIOCSPTLCK, $unlocked) or die "a terminal cannot be unlocked: $!\n";
    my $number = ioctl($near, $TIOCGPTPEER, $flags) or die "the other end of a terminal cannot be opened: $!\n";
    open(my $far, '+<&=', 0 + $number) or die "the other end of a terminal: $!\n";
    ioctl($near, $TIOCSWINSZ, $size);
    $near->blocking(0);
    ($near, $far);
}

sub terminal {
    my ($id, $name, $rows, $columns, $argv, $environment) = @_;
    my $place = $places{$name} or die "no place $name\n";
    close_probe($name);
    own_sysfs($place->{node} // $place);
    my ($near, $far) = pty($rows, $columns);
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) {
        eval {
            my $none = 0;
            syscall($SYS->{setsid});
            ioctl($far, $TIOCSCTTY, $none);
            $SIG{PIPE} = $SIG{CHLD} = 'DEFAULT';
            open($_->[0], $_->[1], $far) for [*STDIN, '<&'], [*STDOUT, '>&'], [*STDERR, '>&'];
            enter($place);
            chdir '/';
            $ENV{ (split /=/, $_, 2)[0] } = (split /=/, $_, 2)[1] for split /\0/, $environment;
            my @argv = split /\0/, $argv;
            exec { program($argv[0]) } @argv or die "$argv[0]: $!\n";
        };
        syswrite STDERR, $@;
        exit 127;
    }
    $terminals{$id} = { id => $id, pid => $pid, fd => $near, keys => '', turn => \&converse };
}

# What a program has printed goes on, and what was typed goes to it, as much as it takes.
sub converse {
    my ($terminal) = @_;
    my $got = sysread $terminal->{fd}, my $bytes, $terminal->{held} ? 0 : 1 << 16;
    say_('said', $terminal->{id}, $bytes) if $got;
    return if $terminal->{keys} eq '';
    my $took = syswrite $terminal->{fd}, $terminal->{keys};
    substr($terminal->{keys}, 0, $took) = '' if $took;
}

sub over {
    my ($terminal, $status) = @_;
    while (sysread $terminal->{fd}, my $bytes, 1 << 16) { say_('said', $terminal->{id}, $bytes) }
    say_('over', $terminal->{id}, $status & 127 ? 128 + ($status & 127) : $status >> 8);
    delete $terminals{ $terminal->{id} };
}

sub terminal_of { $terminals{ $_[0] } // die "that terminal is closed\n" }

$ended{terminal} = sub {
    my ($pid, $status) = @_;
    over($_, $status) for grep { $_->{pid} == $pid } values %terminals;
};
$answer{terminal} = sub { my ($id, @what) = @_; terminal($id, @what); say_('ok', $id) };
$answer{keys} = sub { my ($id, $of, $bytes) = @_; my $terminal = terminal_of($of); $terminal->{keys} .= $bytes; converse($terminal); say_('ok', $id) };
$answer{resize} = sub {
    my ($id, $of, @size) = @_;
    my $size = pack 'S4', @size, 0, 0;
    ioctl(terminal_of($of)->{fd}, $TIOCSWINSZ, $size);
    say_('ok', $id);
};
$answer{hold} = sub { my ($id, $of, $held) = @_; terminal_of($of)->{held} = $held; say_('ok', $id) };
$answer{hang_up} = sub { my ($id, $of) = @_; kill HUP => terminal_of($of)->{pid}; kill KILL => terminal_of($of)->{pid}; say_('ok', $id) };
