#!/usr/bin/python3
"""Compares our nodesets with ClusterShell's on generated expressions.

usage: differential.py DRIVER [COUNT [SEED]]

Each expression goes through ClusterShell.NodeSet and through DRIVER (nodeset_driver.cpp). Both must
refuse it, or both must give the same names in the same order and the same folded form. The seed is
printed, and may be given to repeat a run.

Deliberate differences; an expression is let off only where one of these functions says so:

  leading_digits    ClusterShell unites the indexes in a bracket to ranges before it puts the digits
                    in front of it to both ends: "n1[9-10]" becomes n[19-110], 92 nodes that nobody
                    wrote. With padding that is an error. Ours are n19 and n110.
  trailing_digits   ClusterShell puts the digits behind a bracket to both ends of each range, and
                    then reads the result anew: "n[0-10]5" becomes n[05-105/10], a padding error.
                    Steps and white space are refused. Ours are n05, n15, ... n105.
  negative          ClusterShell has negative indexes: "n[-1-1]" is n-1, n0, n1. But "n-1" outside
                    of brackets is pattern "n-" with index 1, another node that looks the same. We
                    refuse them.
  padded_zero       ClusterShell refuses "n[1-010]" for its uneven padding, but takes "n[0-000]" for
                    n0. We refuse both.
  white_space       "n1 n2" is one name for ClusterShell (though its nodeset command takes several
                    arguments as a union). For us white space unites.

Never generated, since the difference is one of policy: wildcards, characters other than printable
ASCII, underscores and signs in numbers (accepted by Python's int()), "@" without a group source,
names longer than 255 bytes, sets of more than a million nodes.
"""

import random
import re
import subprocess
import sys

from ClusterShell.NodeSet import NodeSet, NodeSetException, RESOLVER_NOGROUP
from ClusterShell.RangeSet import RangeSet, RangeSetException


class Generator:
    """Expressions that are mostly right, small enough to expand, and full of corner cases."""

    STEMS = ["n", "node", "r", "a-b", "x%", "%s", "cn.", "login", "A", "n_"]
    JOINTS = ["n", "-", "x", "-ib", ".s", "%", "c"]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self):
        value = self.random.choice([
            self.random.randint(0, 12), self.random.randint(0, 12), self.random.randint(90, 110),
            self.random.randint(0, 2000), self.random.choice([9, 10, 99, 100, 999, 1000])])
        return str(value).zfill(self.random.choice([0, 0, 0, 0, 2, 2, 3, 4]))

    def range(self, longest):
        first = self.number()
        if self.random.random() < 0.4:
            return first
        span = min(longest, self.random.choice([0, 1, 1, 2, 3, 5, 12, 100]))
        last = str(int(first) + span).zfill(
            len(first) if self.random.random() < 0.95 else self.random.randint(1, 5))
        if self.random.random() < 0.02:
            first, last = last, first
        text = first + "-" + last
        if self.random.random() < 0.2:
            text += "/" + str(self.random.choice([1, 2, 2, 3, 5, 10, 50, 0]))
        return text

    def bracket(self, longest):
        ranges = [self.range(longest) for _ in range(self.random.choice([1, 1, 1, 2, 2, 3, 5]))]
        if self.random.random() < 0.1:
            ranges.append(self.random.choice(ranges))
        joint = "," if self.random.random() < 0.95 else " , "
        return "[" + joint.join(ranges) + "]"

    def name(self, stem, dimensions):
        text = stem
        for dimension in range(dimensions):
            if dimension > 0:
                text += self.random.choice(self.JOINTS)
            before, behind = self.random.random(), self.random.random()
            if self.random.random() < 0.4:
                text += self.number()
                continue
            # One digit only: what ClusterShell makes of "n1999[9-10]" has millions of nodes.
            text += str(self.random.randint(0, 9)) if before < 0.03 else ""
            text += self.bracket(longest=[0, 100, 12, 3][dimensions])
            text += self.number() if behind < 0.03 else ""
        if self.random.random() < 0.2:
            text += self.random.choice(self.JOINTS)
        return text

    def damaged(self, text):
        place = self.random.randrange(len(text) + 1)
        return text[:place] + self.random.choice(",![]&^-/") + text[place:]

    def grid(self):
        """Points of one small grid: what folding in several dimensions is about."""
        dimensions = self.random.choice([2, 2, 2, 3, 3, 4])
        sides = [self.random.randint(1, 5) for _ in range(dimensions)]
        first = [self.random.choice([0, 1, 8, 9, 98]) for _ in range(dimensions)]
        pad = [self.random.choice([0, 0, 2]) for _ in range(dimensions)]
        operands = []
        for _ in range(self.random.randint(1, 25)):
            text = ""
            for i in range(dimensions):
                low = self.random.randrange(sides[i])
                high = self.random.randrange(sides[i]) if self.random.random() < 0.3 else low
                low, high = sorted((low, high))
                ends = [str(first[i] + end).zfill(pad[i]) for end in (low, high)]
                whole = len(ends[0]) != len(ends[1]) or low == high
                text += "abcd"[i] + (ends[0] if whole else "[%s-%s]" % tuple(ends))
            operands.append(text)
        return self.joined(operands, [","] * 12 + ["!", "!", "^", "&"])

    def joined(self, operands, operators):
        text = operands[0]
        for operand in operands[1:]:
            operator = self.random.choice(operators)
            if self.random.random() < 0.05:
                operator = " " + operator + " "
            text += operator + operand
        return text

    def mixed(self):
        stems = self.random.sample(self.STEMS, self.random.choice([1, 1, 2, 3]))
        operands = []
        for _ in range(self.random.choice([1, 1, 2, 3, 4, 6])):
            dimensions = self.random.choice([0, 1, 1, 1, 1, 2, 2, 3])
            operands.append(self.name(self.random.choice(stems), dimensions))
        if self.random.random() < 0.2:
            operands.append(self.random.choice(operands))
        return self.joined(operands, [",", ",", ",", "!", "&", "^"])

    def column(self):
        """Many indexes of one pattern: where runs and paddings meet."""
        pad = [self.random.choice([0, 0, 2, 3]) for _ in range(2)]
        top = self.random.choice([12, 30, 110])
        numbers = [str(self.random.randrange(top)).zfill(self.random.choice(pad))
                   for _ in range(self.random.randint(1, 60))]
        return "n[" + ",".join(numbers) + "]"

    def expression(self):
        text = self.random.choice([self.mixed, self.mixed, self.grid, self.column])()
        return self.damaged(text) if self.random.random() < 0.05 else text


def clustershell(expression):
    """("ok", folded, names) or ("error", message)."""
    try:
        nodes = NodeSet(expression, resolver=RESOLVER_NOGROUP)
        return "ok", str(nodes), list(nodes)
    except (NodeSetException, RangeSetException) as error:
        return "error", str(error)


def leading_digits(expression):
    """Digits, then a bracket with numbers of several lengths."""
    for bracket in re.findall(r"\d\[([^\]]*)\]", expression):
        if len({len(number) for number in re.findall(r"\d+", re.sub(r"/\s*\d+", "", bracket))}) > 1:
            return True
    return False


def trailing_digits(expression):
    """A bracket, then digits; and in the bracket a step, or numbers of several lengths."""
    for bracket in re.findall(r"\[([^\]]*)\]\d", expression):
        if "/" in bracket or " " in bracket:
            return True
        if len({len(number) for number in re.findall(r"\d+", bracket)}) > 1:
            return True
    return False


def negative(expression):
    """A minus sign that is not between two numbers, or the second one of a range."""
    return re.search(r"[\[,]\s*-|\d\s*-\s*-|\d-\d+-", expression) is not None


def padded_zero(expression):
    """A range from 0 to 00, 000, ..."""
    return re.search(r"[\[,]\s*0\s*-\s*00+\s*[\],/]", expression) is not None


def white_space(expression):
    """White space outside of brackets, without an operator on either side."""
    names = re.sub(r"\[[^\]]*\]", "", expression)
    return re.search(r"[^\s,!&^]\s+[^\s,!&^]", names) is not None


LET_OFF = [leading_digits, trailing_digits, negative, padded_zero, white_space]


def main():
    driver = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32)
    print("%d expressions, seed %d" % (count, seed))
    generator = Generator(seed)
    expressions = [generator.expression() for _ in range(count)]
    answers = subprocess.run([driver], input="\n".join(expressions) + "\n", text=True, check=True,
                             stdout=subprocess.PIPE).stdout.splitlines()
    if len(answers) != count:
        sys.exit("%d answers to %d expressions" % (len(answers), count))

    failed = refused = 0
    let_off = dict.fromkeys(LET_OFF, 0)
    for expression, answer in zip(expressions, answers):
        kind, _, rest = answer.partition("\t")
        folded, _, names = rest.partition("\t")
        ours = (kind, folded, names.split()) if kind == "ok" else (kind, rest)
        theirs = clustershell(expression)
        refused += theirs[0] == "error"
        # Damage can make an operand of more than our million nodes, duplicates included.
        if "the limit is 1,000,000" in ours[1] and theirs[0] == "ok" and len(theirs[2]) > 100_000:
            continue
        if ours == theirs or ours[0] == theirs[0] == "error":
            continue
        reason = next((reason for reason in LET_OFF if reason(expression)), None)
        if reason:
            let_off[reason] += 1
            continue
        failed += 1
        if failed <= 10:
            print("DIFFERENT: %r\n  ours    %.600s\n  theirs  %.600s" % (expression, ours, theirs))
    print("%d different; %d refused by ClusterShell; let off: %s" % (
        failed, refused, ", ".join("%s %d" % (k.__name__, v) for k, v in let_off.items())))
    # A generator that went astray would find nothing and look like success.
    if refused > count // 4 or sum(let_off.values()) > count // 10:
        sys.exit("too few of the expressions were compared")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
