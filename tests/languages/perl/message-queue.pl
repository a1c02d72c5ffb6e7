#!/usr/bin/env perl
# SPDX-License-Identifier: LGPL-2.1-or-later

# What a program in Perl does with a queue, through Glib::Object::Introspection. Argument: the path of
# plain-peer.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use Glib;
use Glib::Object::Introspection;
use Tap;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

# The typelib of GIO has to be there before that of a library that rests on it.
Glib::Object::Introspection->setup(basename => 'Gio', version => '2.0', package => 'Gio');
Glib::Object::Introspection->setup(basename => 'Mood', version => '1.0', package => 'Mood');

# Far longer than any event takes, also on a busy machine.
use constant LIMIT_SECONDS => 30;
use constant LIMIT_US => LIMIT_SECONDS * 1_000_000;

my $plain_peer = $ARGV[0];
my $next_number = 0;

# The name of a queue that does not exist, and will not after the test.
sub new_name {
    my $name = sprintf '/mood-test-%d-%d', $$, $next_number++;
    my $remove = sub {
        # The test may have done it itself.
        eval { Mood::unlink($name); 1 } or $@->matches('Gio::IOErrorEnum', 'not-found') or die $@;
    };
    # A process of the same number that was killed may have left it.
    $remove->();
    add_cleanup($remove);
    return $name;
}

# A new queue, small, because all the queues of a user share one limit.
sub new_queue {
    my ($maxmsg, $msgsize, @flags) = @_;
    push @flags, 'rdwr' unless @flags;
    return Mood::MessageQueue->new(new_name(), ['creat', 'excl', @flags], 0600, $maxmsg // 4,
                                   $msgsize // 64);
}

sub open_again {
    my ($name, @flags) = @_;
    return Mood::MessageQueue->new($name, \@flags, 0, -1, -1);
}

# The binding takes and gives bytes as an array of numbers.
sub bytes { return [unpack 'C*', $_[0]] }
sub text { return pack 'C*', @{$_[0]} }

# What receive() and its kin give, with the bytes as a string.
sub received {
    my ($message, $priority) = @_;
    return [text($message), $priority];
}

# The call must die of this error of GIO's, with the words in its message.
sub assert_fails {
    my ($code, $words, $call) = @_;
    my $error = eval { $call->(); 1 } ? undef : $@;
    assert(ref $error eq 'Gio::IOErrorEnum', 'no such error: ' . ($error // 'the call did not fail'));
    assert($error->isa('Glib::Error'));
    assert($error->matches('Gio::IOErrorEnum', $code), "not $code: " . $error->message);
    assert_equal($error->value, $code);
    assert_equal($error->domain, 'g-io-error-quark');
    assert($error->message =~ /\Q$words\E/, $error->message);
}

# The call must die of an error of the binding's own.
sub assert_dies {
    my ($call) = @_;
    assert(!eval { $call->(); 1 }, 'the call did not die');
}

# Runs the main loop until the condition holds.
sub wait_until {
    my ($condition) = @_;
    my $expired;
    my $watchdog = Glib::Timeout->add_seconds(LIMIT_SECONDS, sub { $expired = 1 });
    Glib::MainContext->default->iteration(1) until $condition->() || $expired;
    Glib::Source->remove($watchdog);
    die 'not seen within ' . LIMIT_SECONDS . ' s' if $expired;
}

# A program that knows nothing of this library: its output, to be closed when it shall have ended.
sub start_plain_peer {
    my @arguments = @_;
    my $process = open my $output, '-|', $plain_peer, @arguments or die "$plain_peer: $!";
    add_cleanup(sub { kill 'KILL', $process if defined fileno $output });
    return $output;
}

my $every_byte = join '', map { chr } 0 .. 255;

test 'a queue has the properties that it was made with' => sub {
    my $name = new_name();
    my $queue = Mood::MessageQueue->new($name, ['rdwr', 'creat', 'nonblock'], 0600, 3, 32);

    assert_equal $queue->get_name, $name;
    assert_equal $queue->get('maxmsg'), 3;
    assert_equal $queue->get('msgsize'), 32;
    assert_equal $queue->get('mode') & 07777, 0600;
    assert_equal $queue->get('curmsgs'), 0;
    assert !$queue->get('blocking');
    assert !$queue->get('closed');
    assert $queue->get('flags') >= ['creat', 'rdwr'];
    assert !($queue->get('flags') >= 'excl');
    assert $queue->get('fd') >= 0;
    assert_equal $queue->fileno, $queue->get('fd');
};

test 'a message comes out as it went in' => sub {
    my $queue = new_queue(2, 256);

    assert_equal $queue->send(bytes($every_byte), 32767), 256;
    assert_equal received($queue->receive), [$every_byte, 32767];
    assert_equal $queue->send([], 3), 0;
    assert_equal [$queue->receive], [[], 3];
    $queue->send([0, 255, 10], 0);
    assert_equal text($queue->recv), "\0\xff\n";
};

test 'the highest priority comes first and then the oldest' => sub {
    my $queue = new_queue();

    $queue->send(bytes($_->[0]), $_->[1]) for ['low', 0], ['old', 7], ['new', 7], ['top', 9];
    assert_equal [map { text($queue->recv) } 1 .. 4], ['top', 'old', 'new', 'low'];
};

test 'what is too long for one message is sent as several' => sub {
    my $queue = new_queue(4, 8);

    assert_equal [$queue->sendall(bytes('0123456789'), 5)], [1, 10];
    assert_equal received($queue->receive), ['01234567', 5];
    assert_equal received($queue->receive), ['89', 5];
};

test 'several messages go and come at once' => sub {
    my $queue = new_queue();

    assert_equal $queue->send_many(bytes("a\xffbcd"), [2, 0, 3], [1, 9, 5], 0), 3;
    my ($messages, $sizes, $priorities) = $queue->receive_many(8, 0);
    assert_equal text($messages), "bcda\xff";
    assert_equal [$sizes, $priorities], [[0, 3, 2], [9, 5, 1]];
};

test 'a plain program has left messages' => sub {
    my $name = new_name();

    assert close start_plain_peer('create', $name);
    my $queue = open_again($name, 'rdonly');
    assert_equal received($queue->receive), $_
        for ['highest', 32767], ['', 5], ['low', 0], ['low too', 0];
};

test 'a plain program gets what was sent' => sub {
    my $queue = new_queue();

    $queue->send(bytes('one'), 1);
    $queue->send([], 32767);
    my $output = start_plain_peer('print', $queue->get_name, 2);
    assert_equal join('', <$output>), "32767 0 \n1 3 one\n";
    assert close $output;
};

test 'a plain program answers' => sub {
    my ($questions, $answers) = (new_queue(4, 256), new_queue(4, 256));
    my $peer = start_plain_peer('echo', $questions->get_name, $answers->get_name);

    for my $message ($every_byte, "a\0b", "\xff") {
        $questions->send(bytes($message), 12);
        assert_equal received($answers->receive_with_timeout(LIMIT_US)), [$message, 12];
    }
    $questions->send([], 0);
    assert_equal [$answers->receive_with_timeout(LIMIT_US)], [[], 0];
    assert close $peer;
};

test 'a call waits no longer than it may' => sub {
    my $queue = new_queue(1);
    my $begin = clock_gettime(CLOCK_MONOTONIC);

    assert_fails 'would-block', $queue->get_name, sub { $queue->receive_with_timeout(0) };
    assert_fails 'timed-out', '20000 microseconds', sub { $queue->receive_with_timeout(20_000) };
    assert clock_gettime(CLOCK_MONOTONIC) - $begin >= 0.02;
    assert_equal $queue->send_with_timeout(bytes('in time'), 2, 0), 7;
    assert_fails 'timed-out', 'full', sub { $queue->send_with_timeout(bytes('too late'), 2, 1000) };
    assert_equal received($queue->receive_with_timeout(0)), ['in time', 2];
};

test 'in nonblocking mode no call waits' => sub {
    my $queue = new_queue();

    assert $queue->get('blocking');
    $queue->set(blocking => 0);
    assert !$queue->get('blocking');
    assert_fails 'would-block', $queue->get_name, sub { $queue->receive };
};

test 'an error has a code and says what would help' => sub {
    my $name = new_name();
    my $queue = new_queue(2, 64, 'rdonly');
    my $cancellable = Gio::Cancellable->new;

    assert_fails 'not-found', $name, sub { open_again($name, 'rdwr') };
    assert_fails 'exists', $queue->get_name, sub {
        Mood::MessageQueue->new($queue->get_name, ['rdwr', 'creat', 'excl'], 0600, 2, 64);
    };
    assert_fails 'invalid-filename', 'slash', sub { open_again('jobs', 'rdwr') };
    assert_fails 'invalid-argument', '32767', sub { $queue->send([1], 32768) };
    assert_fails 'permission-denied', 'WRONLY', sub { $queue->send([1], 0) };
    $cancellable->cancel;
    assert_fails 'cancelled', $queue->get_name, sub { $queue->recv($cancellable) };
};

test 'what cannot be sent is an error, and nothing is sent' => sub {
    my $queue = new_queue();

    for my $message (undef, 5, {}, $queue) {
        assert_dies sub { $queue->send($message, 0) };
    }
    for my $priority (undef, -1, 32768) {
        assert_dies sub { $queue->send([1], $priority) };
    }
    assert_dies sub { $queue->send([1], 0, $queue) };
    assert_dies sub { $queue->send([1]) };
    assert_equal $queue->get('curmsgs'), 0;
};

# Of a string the binding hands over one byte less than there are, and of an empty one a length of -1:
# what follows the string in memory must not be sent.
test 'an empty string discloses nothing' => sub {
    my $queue = new_queue(4, 64, 'rdwr', 'nonblock');
    my $loop = Glib::MainLoop->new;

    for my $call (
        sub { $queue->send('', 0) },
        sub { $queue->sendall('', 0) },
        sub { $queue->send_with_timeout('', 0, 0) },
        sub { $queue->send_many('', [], [], 0) },
    ) {
        eval { $call->() };
    }
    $queue->send_async('', 0, 0, undef, sub {
        eval { $queue->send_finish($_[1]) };
        $loop->quit;
    });
    $loop->run;
    assert_equal $queue->recv, [] while $queue->get('curmsgs') > 0;
};

test 'a watch calls when a message waits' => sub {
    my $queue = new_queue();
    my @calls;

    $queue->add_watch(Glib::G_PRIORITY_DEFAULT, 'in', sub {
        my ($ready, $condition) = @_;
        assert_equal $ready, $queue;
        assert $condition >= 'in';
        push @calls, received($queue->receive);
        return @calls < 2;
    });
    $queue->send(bytes('one'), 1);
    wait_until(sub { @calls == 1 });
    $queue->send(bytes('two'), 2);
    wait_until(sub { @calls == 2 });
    assert_equal \@calls, [['one', 1], ['two', 2]];
};

test 'a subscription calls with each message' => sub {
    my $queue = new_queue(4, 256);
    my @calls;

    $queue->send(bytes('last'), 0);
    $queue->send(bytes($every_byte), 9);
    $queue->send([], 5);
    $queue->add_receiver(Glib::G_PRIORITY_DEFAULT, sub {
        my ($ready, $message, $length, $priority) = @_;
        assert_equal $ready, $queue;
        assert_equal $length, scalar @$message;
        push @calls, [text($message), $priority];
        return text($message) ne 'last';
    });
    wait_until(sub { @calls == 3 });
    assert_equal \@calls, [[$every_byte, 9], ['', 5], ['last', 0]];
    $queue->send(bytes('nobody takes this'), 0);
    assert_equal text($queue->recv), 'nobody takes this';
};

test 'a subscription keeps its queue and its function' => sub {
    my $queue = new_queue();
    my $sender = $queue->reopen('wronly');
    my $calls = 0;

    $queue->add_receiver(Glib::G_PRIORITY_DEFAULT, sub {
        $sender->send(bytes('again'), 0) if ++$calls < 100;
        return $calls < 100;
    });
    undef $queue;
    $sender->send(bytes('first'), 0);
    wait_until(sub { $calls == 100 });
    assert_equal $calls, 100;
};

test 'an exception in a callback ends no process' => sub {
    my $queue = new_queue();

    $queue->send([1], 0);
    $queue->add_receiver(Glib::G_PRIORITY_DEFAULT, sub { die "this is a part of the test\n" });
    assert_dies sub { wait_until(sub { 0 }) };
    assert_equal $@, "this is a part of the test\n";
    assert_equal $queue->get('curmsgs'), 0;
};

test 'closing ends a watch, and is notified' => sub {
    my $queue = new_queue();
    my (@conditions, @notified);

    $queue->signal_connect('notify::closed' => sub {
        push @notified, $_[1]->get_name . ' ' . $_[0]->get('closed');
    });
    $queue->add_watch(Glib::G_PRIORITY_DEFAULT, 'in', sub { push @conditions, $_[1] });
    assert $queue->close;
    wait_until(sub { @conditions });
    assert $conditions[0] == 'nval';
    assert_equal \@notified, ['closed 1'];
};

test 'a message can be awaited' => sub {
    my $queue = new_queue();
    my ($outcome, $sent);

    $queue->receive_async(Glib::G_PRIORITY_DEFAULT, undef, sub {
        my ($object, $result) = @_;
        $outcome = received($object->receive_finish($result));
    });
    $queue->send_async(bytes("awaited\0"), 6, Glib::G_PRIORITY_DEFAULT, undef, sub {
        my ($object, $result) = @_;
        $sent = $object->send_finish($result);
    });
    wait_until(sub { $outcome && $sent });
    assert_equal $outcome, ["awaited\0", 6];
};

test 'waiting can be cancelled' => sub {
    my $queue = new_queue();
    my $cancellable = Gio::Cancellable->new;
    my $finish;

    $queue->receive_async(Glib::G_PRIORITY_DEFAULT, $cancellable, sub {
        my ($object, $result) = @_;
        $finish = sub { $object->receive_finish($result) };
    });
    $cancellable->cancel;
    wait_until(sub { $finish });
    assert_fails 'cancelled', $queue->get_name, $finish;
};

test 'a queue that was closed or unlinked is gone' => sub {
    my $queue = new_queue();
    my $name = $queue->get_name;

    assert $queue->close;
    assert $queue->close;
    assert $queue->get('closed');
    assert_equal $queue->get('fd'), -1;
    assert_fails 'closed', $name, sub { $queue->send([1], 0) };
    assert_fails 'closed', $name, sub { $queue->receive };

    $queue = open_again($name, 'rdwr');
    assert $queue->unlink;
    assert_fails 'not-found', $name, sub { Mood::unlink($name) };
    assert_fails 'not-found', $name, sub { open_again($name, 'rdwr') };
};

run_tests;
