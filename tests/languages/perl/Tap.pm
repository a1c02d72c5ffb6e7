# SPDX-License-Identifier: LGPL-2.1-or-later

# Runs tests one after the other and reports them in TAP. The subtests of Test::More are not for
# Meson, which does not know their lines.
package Tap;

use strict;
use warnings;

use Carp qw(confess);
use Exporter qw(import);

our @EXPORT = qw(test add_cleanup assert assert_equal run_tests);

my @tests;
my @cleanups;

sub test {
    my ($description, $body) = @_;
    push @tests, [$description, $body];
}

# What is to be done after the test, whatever comes of it; the last first.
sub add_cleanup {
    my ($body) = @_;
    unshift @cleanups, $body;
}

sub assert {
    my ($condition, $message) = @_;
    confess $message // 'the assertion does not hold' unless $condition;
}

# Any value, as text that is the same for what counts as equal.
sub show {
    my ($value) = @_;
    return 'undef' unless defined $value;
    return '[' . join(', ', map { show($_) } @$value) . ']' if ref $value eq 'ARRAY';
    return '"' . ($value =~ s/([^ -~]|[\\"])/sprintf '\\x%02x', ord $1/ger) . '"';
}

sub assert_equal {
    my ($actual, $expected) = @_;
    assert(show($actual) eq show($expected), show($actual) . ' is not ' . show($expected));
}

sub attempt {
    my ($body) = @_;
    return eval { $body->(); 1 } ? () : "$@";
}

sub run_tests {
    my $number = 0;
    my $failed = 0;

    # What was reported must be seen even if the next test takes the process down.
    local $| = 1;
    binmode STDOUT, ':encoding(UTF-8)';
    for (@tests) {
        my ($description, $body) = @$_;
        @cleanups = ();
        my @failures = attempt($body);
        push @failures, map { attempt($_) } @cleanups;

        $failed++ if @failures;
        printf "%s %d - %s\n", @failures ? 'not ok' : 'ok', ++$number, $description;
        print "# $_\n" for map { split /\n/ } @failures;
    }

    print "1..$number\n";
    exit($failed || !$number ? 1 : 0);
}

1;
