#!/usr/bin/env python3
"""What --impair does to round trips, told beforehand.

Usage: link_truth.py TERMS COUNT

TERMS are some of loss=, burst=, delay=, jitter= and seed=, as the tools read
them. Each of COUNT requests is so far from the next that nothing waits for
another. Prints {"lost": how many, "rtts": seconds of each of the others}.

The draws are those of cmd/link_model.c: a generator (SplitMix64) for each way,
which gives every datagram one of its own.
"""
import json
import sys

MASK = (1 << 64) - 1


class Draw:
    def __init__(self, seed):
        self.state = seed

    def whole(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        return z ^ z >> 31

    def unit(self):
        return (self.whole() >> 11) / 2**53


class Way:
    def __init__(self, seed, terms):
        self.draws = Draw(seed)
        self.terms = terms
        self.in_burst = False

    def pass_one(self):
        """Seconds on the way, or None: lost."""
        draw = Draw(self.draws.whole())
        loss, burst = self.terms["loss"], self.terms["burst"]
        if burst:
            mean = burst if self.in_burst else burst * (1 - loss) / loss
            self.in_burst ^= draw.unit() < 1 / mean
            if self.in_burst:
                return None
        elif loss and draw.unit() < loss:
            return None
        jitter = self.terms["jitter"]
        return max(0, self.terms["delay"] +
                   ((2 * draw.unit() - 1) * jitter if jitter else 0))


def number(text):
    for unit, factor in (("%", 0.01), ("ms", 0.001), ("s", 1), ("", 1)):
        if unit and text.endswith(unit) or not unit:
            return float(text[:len(text) - len(unit)]) * factor


def main():
    terms = dict.fromkeys(("loss", "burst", "delay", "jitter", "seed"), 0)
    for term in sys.argv[1].split(","):
        name, value = term.split("=")
        assert name in terms, name
        terms[name] = number(value)
    seeds = Draw(int(terms["seed"]))
    out, back = Way(seeds.whole(), terms), Way(seeds.whole(), terms)
    count, rtts = int(sys.argv[2]), []
    for _ in range(count):
        there = out.pass_one()
        again = back.pass_one() if there is not None else None
        if again is not None:
            rtts.append(there + again)
    print(json.dumps({"lost": count - len(rtts), "rtts": rtts}))


main()
