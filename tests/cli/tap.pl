#!/usr/bin/env perl
# SPDX-License-Identifier: MIT
#
# Reads TAP from stdin as test harnesses do. Prints `PASSED FAILED SKIPPED';
# what is malformed goes to stderr, and the status is then 1.
use strict;
use warnings;
use TAP::Parser;

my $parser = TAP::Parser->new({ tap => do { local $/; <STDIN> } });
my $last = 0;
while (my $result = $parser->next) {
    warn 'unknown: ', $result->as_string, "\n" if $result->is_unknown;
    $last = 1 if $result->is_unknown;
}
warn "$_\n" for $parser->parse_errors;
warn "no plan\n" unless $parser->is_good_plan;
warn "no version\n" unless $parser->version >= 13;
printf "%d %d %d\n", scalar $parser->passed - scalar $parser->skipped,
    scalar $parser->failed, scalar $parser->skipped;
exit($last || $parser->parse_errors || !$parser->is_good_plan);
