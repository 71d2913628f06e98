# What packetwalk's agent learns (see agent.pl) when the packets that the kernel drops are asked for. Its requests:
#   drops   ID PLACE...              note, in these places too, which packets the kernel drops from now on; answers why it cannot,
#                                    empty if it can
#   dropped ID                       answers which it dropped since the last time: PLACE IFINDEX S NS ETHERTYPE REASON LOCATION
#                                    PACKET of each, ..., where PACKET is what the kernel had of it from the network header on
#
# The kernel tells of them by its tracepoint skb:kfree_skb (since Linux 5.17 with the reason), to a program of bpf(2) that looks
# whose network namespace the packet is in. All of it is gone with the last process that has it open.
my ($BPF, $CLOCK_GETTIME) = $arch eq 'x86_64' ? (321, 228) : (280, 113);
my ($BPF_MAP_CREATE, $BPF_MAP_UPDATE_ELEM, $BPF_PROG_LOAD, $BPF_RAW_TRACEPOINT_OPEN, $BPF_MAP_POP, $BPF_MAP_FREEZE) =
    (0, 2, 5, 17, 21, 22);
my ($BPF_MAP_HASH, $BPF_MAP_ARRAY, $BPF_MAP_QUEUE, $BPF_F_RDONLY_PROG, $BPF_PROG_RAW_TRACEPOINT) = (1, 2, 22, 1 << 7, 17);
my ($BTF_STRUCT, $BTF_UNION, $BTF_ENUM) = (4, 5, 6);

# What is freed by these names is not lost: a socket ends, or has a filter of its own, or is a capture that is full.
my @NO_LOSS = qw(SOCKET_FILTER SOCKET_CLOSE QUEUE_PURGE PACKET_SOCK_ERROR UNIX_DISCONNECT UNIX_SKIP_OOB);

# The types of the running kernel (Documentation/bpf/btf.rst): a record of three words each, and what its kind appends.
sub kernel_types {
    open(my $file, '<', '/sys/kernel/btf/vmlinux') or die "this kernel does not tell its types (/sys/kernel/btf/vmlinux: $!)\n";
    my $bytes = '';
    1 while sysread $file, $bytes, 1 << 20, length $bytes;
    my ($header, $types, $size, $strings, $length) = unpack 'x4 L5', $bytes;
    { types => substr($bytes, $header + $types, $size), strings => substr($bytes, $header + $strings, $length), at => [0], end => 0 };
}

sub btf_record { my ($btf, $at) = @_; my ($name, $info, $type) = unpack 'L3', substr $btf->{types}, $at, 12;
    ($name, $info >> 24 & 31, $info & 0xffff, $type) }

sub btf_named {
    my ($btf, $name, $kind) = @_;
    my $string = index $btf->{strings}, "\0$name\0";
    my $word = pack 'L', $string + 1;
    for (my $at = -1; $string >= 0 && ($at = index $btf->{types}, $word, $at + 1) >= 0;) {
        return $at if $at % 4 == 0 && (btf_record($btf, $at))[1] == $kind;
    }
    die "this kernel has no $name\n";
}

my @BTF_ONCE = (0, 4, 0, 12, (0) x 10, 4, 0, 0, 4);
my @BTF_EACH = ((0) x 4, 12, 12, 8, (0) x 6, 8, 0, 12, 0, 0, 0, 12);

# Types are known by their number, which is their place in the list: it is read as far as is needed.
sub btf_type {
    my ($btf, $id) = @_;
    my $at = $btf->{at};
    while ($id >= @$at) {
        die "the kernel's types cannot be read\n" if $btf->{end} >= length $btf->{types};
        push @$at, $btf->{end};
        my (undef, $kind, $members) = btf_record($btf, $btf->{end});
        $btf->{end} += 12 + ($BTF_ONCE[$kind] // 0) + ($BTF_EACH[$kind] // 0) * $members;
    }
    $at->[$id];
}

sub btf_members {
    my ($btf, $at) = @_;
    my (undef, $kind, $members) = btf_record($btf, $at);
    my $words = $kind == $BTF_ENUM ? 2 : 3;
    map {
        my ($name, @rest) = unpack "L$words", substr $btf->{types}, $at + 12 + 4 * $words * $_, 4 * $words;
        [unpack('Z*', substr $btf->{strings}, $name, 64), @rest];
    } 0 .. $members - 1;
}

# Where a field is in a structure, in bytes, and of which type; it may be in a nameless part.
sub btf_field {
    my ($btf, $at, $wanted) = @_;
    my @members = btf_members($btf, $at);
    for (@members) { my ($name, $type, $bits) = @$_; return (($bits & 0xffffff) / 8, $type) if $name eq $wanted }
    for (grep { $_->[0] eq '' } @members) {
        my (undef, $type, $bits) = @$_;
        my $part = btf_type($btf, $type);
        my $kind = (btf_record($btf, $part))[1];
        next if $kind != $BTF_STRUCT && $kind != $BTF_UNION;
        my ($offset, $of) = btf_field($btf, $part, $wanted);
        return ($offset + ($bits & 0xffffff) / 8, $of) if defined $offset;
    }
    return;
}

sub btf_offset {
    my ($btf, $structure, @path) = @_;
    my ($at, $sum) = (btf_named($btf, $structure, $BTF_STRUCT), 0);
    while (@path) {
        my ($offset, $type) = btf_field($btf, $at, $path[0]);
        die "this kernel has no $path[0] in $structure\n" if !defined $offset;
        $sum += $offset;
        shift @path;
        $at = btf_type($btf, $type) if @path;
        # 8 to 11: another name for a type, and what it may be used for.
        while (@path && grep { $_ == (btf_record($btf, $at))[1] } 8 .. 11) { $at = btf_type($btf, (btf_record($btf, $at))[3]) }
    }
    $sum;
}

# What the program notes of a packet, at the end of its stack: the time, where in the kernel, the reason, the namespace, the
# interface, where the bytes end, the EtherType, where the network header is, bytes from there on, and the name of where.
my ($PACKET, $SYMBOL) = (128, 64);
my $NOTE = 40 + $PACKET + $SYMBOL;
my $NOTED = "Q Q L L L L n S x4 a$PACKET Z$SYMBOL";
my %NOTED = (time => 0, location => 8, reason => 16, netns => 20, ifindex => 24, tail => 28, protocol => 32, header => 34,
    packet => 40, symbol => 40 + $PACKET);

# The instructions (Documentation/bpf/standardization/instruction-set.rst): r10 is the end of the stack, r1 to r5 are arguments.
sub drop_program {
    my ($btf, $namespaces, $format, $queue, @no_loss) = @_;
    my ($note, $pointer) = (-$NOTE, -$NOTE - 8);
    my (@code, @leaving, $dev, $sk);
    my $do = sub { my ($op, $to, $from, $offset, $value) = @_; push @code, pack 'C C s l', $op, $to | $from << 4, $offset, $value };
    my $move = sub { $do->(0xbf, $_[0], $_[1], 0, 0) };
    my $set = sub { $do->(0xb7, $_[0], 0, 0, $_[1]) };
    my $add = sub { $do->(0x07, $_[0], 0, 0, $_[1]) };
    my $call = sub { $do->(0x85, 0, 0, 0, $_[0]) };
    my $load = sub { $do->(0x79, $_[0], $_[1], $_[2], 0) };
    my $of_map = sub { my ($to, $kind, $fd) = @_; $do->(0x18, $to, $kind, 0, fileno $fd); $do->(0, 0, 0, 0, 0) };
    my $stack = sub { $move->($_[0], 10); $add->($_[0], $_[1]) };
    my $leave_if = sub { my ($register, $value) = @_; push @leaving, scalar @code; $do->(0x15, $register, 0, 0, $value) };
    # bpf_probe_read_kernel, which fills with zeros what it cannot read.
    my $read = sub {
        my ($to, $bytes, $from, $offset) = @_;
        $stack->(1, $to); $set->(2, $bytes); $move->(3, $from); $add->(3, $offset); $call->(113);
    };
    my $field = sub { my ($name, $bytes, $from, @path) = @_; $read->($note + $NOTED{$name}, $bytes, $from, btf_offset($btf, @path)) };
    my $follow = sub { my ($from, @path) = @_; $read->($pointer, 8, $from, btf_offset($btf, @path)); $load->(9, 10, $pointer) };

    $load->(6, 1, 0); $load->(7, 1, 8); $load->(8, 1, 16);
    $leave_if->(8, $_) for @no_loss;
    for (my $at = $pointer; $at < 0; $at += 8) { $do->(0x7a, 10, 0, $at, 0) }
    $do->(0x7b, 10, 7, $note + $NOTED{location}, 0);
    $do->(0x63, 10, 8, $note + $NOTED{reason}, 0);
    # Its namespace is that of its device, or of its socket as long as it has no device.
    $follow->(6, 'sk_buff', 'dev');
    $dev = @code; $do->(0x15, 9, 0, 0, 0);
    $field->('ifindex', 4, 9, 'net_device', 'ifindex');
    $follow->(9, 'net_device', 'nd_net', 'net');
    $sk = @code; $do->(0x05, 0, 0, 0, 0);
    substr $code[$dev], 2, 2, pack 's', @code - $dev - 1;
    $follow->(6, 'sk_buff', 'sk');
    $leave_if->(9, 0);
    $follow->(9, 'sock_common', 'skc_net', 'net');
    substr $code[$sk], 2, 2, pack 's', @code - $sk - 1;
    $leave_if->(9, 0);
    $field->('netns', 4, 9, 'net', 'ns', 'inum');
    $of_map->(1, 1, $namespaces); $stack->(2, $note + $NOTED{netns}); $call->(1);    # bpf_map_lookup_elem
    $leave_if->(0, 0);
    $field->('protocol', 2, 6, 'sk_buff', 'protocol');
    $field->('header', 2, 6, 'sk_buff', 'network_header');
    $field->('tail', 4, 6, 'sk_buff', 'tail');
    $follow->(6, 'sk_buff', 'head');
    $do->(0x69, 1, 10, $note + $NOTED{header}, 0);
    $do->(0x0f, 9, 1, 0, 0);
    $read->($note + $NOTED{packet}, $PACKET, 9, 0);
    $stack->(1, $note + $NOTED{symbol}); $set->(2, $SYMBOL); $of_map->(3, 2, $format);
    $stack->(4, $note + $NOTED{location}); $set->(5, 8); $call->(165);    # bpf_snprintf
    $call->(5);    # bpf_ktime_get_ns
    $do->(0x7b, 10, 0, $note, 0);
    $of_map->(1, 1, $queue); $stack->(2, $note); $set->(3, 2); $call->(87);    # bpf_map_push_elem; the oldest makes room
    substr $code[$_], 2, 2, pack 's', @code - $_ - 1 for @leaving;
    $set->(0, 0);
    $do->(0x95, 0, 0, 0, 0);
    join '', @code;
}

sub address { unpack 'Q', pack 'P', $_[0] }

sub bpf {
    my ($what, $command, $attributes) = @_;
    my $number = syscall($BPF, $command, $attributes, length $attributes);
    die "$what: $!\n" if $number < 0;
    $number;
}

sub bpf_open { my $number = bpf(@_); open(my $fd, '+<&=', $number) or die "$_[0]: $!\n"; $fd }

sub bpf_set { my ($map, $key, $value) = @_;
    bpf('a map of bpf(2) cannot be filled', $BPF_MAP_UPDATE_ELEM, pack 'L x4 Q3', fileno $map, address($key), address($value), 0) }

my %drops;

sub note_drops {
    my $cannot = 'the kernel does not let its drop reasons be read';
    my $queue = bpf_open($cannot, $BPF_MAP_CREATE, pack 'L5', $BPF_MAP_QUEUE, 0, $NOTE, 1024, 0);
    my $btf = kernel_types();
    my $reasons = eval { btf_named($btf, 'skb_drop_reason', $BTF_ENUM) } // die "this kernel gives no reasons for drops (Linux 5.17 or later does)\n";
    my %reasons = map { $_->[1] => $_->[0] =~ s/^SKB_(DROP_REASON_)?//r } btf_members($btf, $reasons);
    my %number = reverse %reasons;
    my ($none, $format, $license, $event) = (pack('L', 0), pack('a8', '%pS'), "GPL\0", "kfree_skb\0");
    my $namespaces = bpf_open($cannot, $BPF_MAP_CREATE, pack 'L5', $BPF_MAP_HASH, 4, 4, 4096, 0);
    my $formats = bpf_open($cannot, $BPF_MAP_CREATE, pack 'L5', $BPF_MAP_ARRAY, 4, 8, 1, $BPF_F_RDONLY_PROG);
    bpf_set($formats, $none, $format);
    bpf($cannot, $BPF_MAP_FREEZE, pack 'L', fileno $formats);
    my $code = drop_program($btf, $namespaces, $formats, $queue, grep { defined } @number{@NO_LOSS});
    my $load = pack 'L L Q Q L L Q', $BPF_PROG_RAW_TRACEPOINT, length($code) / 8, address($code), address($license), 0, 0, 0;
    my $program = bpf_open($cannot, $BPF_PROG_LOAD, $load);
    my $link = bpf_open($cannot, $BPF_RAW_TRACEPOINT_OPEN, pack 'Q L x4', address($event), fileno $program);
    %drops = (namespaces => $namespaces, queue => $queue, link => $link, reasons => \%reasons, place_of => {});
}

sub drops {
    my (@names) = @_;
    my %netns = map { my $place = $places{$_} or die "no place $_\n"; ((stat($place->{net} // ns('net')))[1] => $_) } @names;
    eval { note_drops() if !%drops; 1 } or return $@ =~ s/\n//r;
    for my $netns (grep { !$drops{place_of}{$_} } keys %netns) {
        my ($key, $value) = (pack('L', $netns), pack 'L', 1);
        bpf_set($drops{namespaces}, $key, $value);
        $drops{place_of}{$netns} = $netns{$netns};
    }
    '';
}

sub clock {
    my ($which) = @_;
    my $time = pack 'x16';
    die "no clock: $!\n" if syscall($CLOCK_GETTIME, $which, $time) < 0;
    my ($s, $ns) = unpack 'q q', $time;
    $s * 1_000_000_000 + $ns;
}

# What the monotonic clock must be added to, in nanoseconds: of some readings of both, that which took the least time.
sub since_1970 {
    my ($CLOCK_REALTIME, $CLOCK_MONOTONIC) = (0, 1);
    my @readings = map {
        my ($before, $now, $after) = map { clock($_) } $CLOCK_MONOTONIC, $CLOCK_REALTIME, $CLOCK_MONOTONIC;
        [$after - $before, $now - $before - int(($after - $before) / 2)];
    } 1 .. 5;
    (sort { $a->[0] <=> $b->[0] } @readings)[0][1];
}

# An echo reply that no ping socket takes was given to raw sockets before (older kernels say so in icmp_rcv), and what is for a
# group of IPv6 is a copy; a segment of a connection that has ended is taken in TIME_WAIT (tcp_v4_rcv). Most functions that give no
# reason drop packets all the same; what has no EtherType then is none of a network's.
sub is_loss {
    my ($reason, $where, $protocol) = @_;
    return $where ne 'ping_rcv' && "$reason $where" ne 'NO_SOCKET icmp_rcv' if $reason ne 'NOT_SPECIFIED';
    $protocol && $where !~ /^(?:ip6_mc_input|tcp_v[46]_rcv)$/;
}

sub dropped {
    return if !%drops;
    my $offset = since_1970();
    my ($note, @told) = ('');
    vec($note, $NOTE - 1, 8) = 0;    # the kernel writes to it, so its bytes may not be shared
    my $pop = pack 'L x4 Q3', fileno $drops{queue}, 0, address($note), 0;
    while (syscall($BPF, $BPF_MAP_POP, $pop, length $pop) == 0) {
        my ($time, undef, $reason, $netns, $ifindex, $tail, $protocol, $header, $packet, $symbol) = unpack $NOTED, $note;
        my $name = $drops{reasons}{$reason} // sprintf '0x%x', $reason;
        $symbol =~ s/[+.].*//;
        next if !is_loss($name, $symbol, $protocol);
        my $length = $tail > $header ? $tail - $header : 0;
        $time += $offset;
        my $ns = $time % 1_000_000_000;
        push @told, $drops{place_of}{$netns}, $ifindex, ($time - $ns) / 1_000_000_000, $ns, $protocol, $name,
            $symbol, $header == 0xffff ? '' : substr $packet, 0, $length;
    }
    @told;
}

push @at_the_end, sub { %drops = () };
$answer{drops} = sub { my ($id, @names) = @_; say_('ok', $id, drops(@names)) };
$answer{dropped} = sub { my ($id) = @_; say_('ok', $id, dropped()) };
