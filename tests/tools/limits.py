#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood limits."""

import json
import os
import pathlib
import resource
import subprocess

import tool

FOLDER = pathlib.Path("/proc/sys/fs/mqueue")
FILES = "msg_max", "msgsize_max", "msg_default", "msgsize_default", "queues_max"

# Of a user who has no name, as far as one can tell.
NUMBER = 54321

# What a message takes of RLIMIT_MSGQUEUE besides its bytes.
CHARGE = 96


def read(name):
    return int((FOLDER / name).read_text(encoding="ascii"))


def set_room(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_MSGQUEUE, (limit, limit))


def enter_ipc_namespace():
    """In which root may give queues to others."""
    tool.unshare(tool.CLONE_NEWIPC | tool.CLONE_NEWNS)


class Limits(tool.ToolTest):
    def paragraphs(self, result):
        return [[line.split() for line in paragraph.splitlines()]
                for paragraph in result.text.split("\n\n")]

    def rows(self, result):
        """The figures of each limit."""
        return {line[0]: line for line in self.paragraphs(result)[0][1:]}

    def test_limits(self):
        rows = self.rows(self.run_tool("limits"))
        for name in FILES:
            self.assertEqual(int(rows[str(FOLDER / name)][1]), read(name))
        result = self.run_tool("limits", preexec_fn=set_room(5000))
        self.assertRegex(result.text, r"RLIMIT_MSGQUEUE \(ulimit -S -q\) +5000  bytes of all")
        self.assertRegex(result.text, r"RLIMIT_MSGQUEUE \(ulimit -H -q\) +5000  bytes this")

    def test_lines_fit_a_terminal(self):
        terminal = self.run_in_terminal("limits", columns=80)
        self.assertEqual(terminal.wait(), 0)
        self.assertIn("bytes of all queues of this user\n", terminal.text)

    def test_json(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_MSGQUEUE)
        limits = self.run_tool("limits", "--json").json
        self.assertEqual({name: limits["limits"][name] for name in FILES},
                         {name: read(name) for name in FILES})
        for name, figure in (("rlimit_soft", soft), ("rlimit_hard", hard)):
            self.assertEqual(limits["limits"][name],
                             "unlimited" if figure == resource.RLIM_INFINITY else figure)

    def set_in_namespace(self, **figures):
        """The beginning of a script, or the test is skipped."""
        script = " ".join(f"echo {figure} > {FOLDER}/{name};" for name, figure in figures.items())
        result = subprocess.run(["sh", "-ec", script], capture_output=True, check=False,
                                preexec_fn=self.may(tool.enter_namespaces))
        if result.returncode != 0:
            self.skipTest("the process may not set the limits of a namespace of its own")
        return script

    def test_used(self):
        charge = 4 * (100 + CHARGE) + 3 * (200 + CHARGE)
        script = """
            "$0" create --maxmsg=4 --msgsize=100 one
            "$0" create --maxmsg=3 --msgsize=200 other
            "$0" limits"""
        text = self.run_script(script, 20_000)
        self.assertRegex(text, r"queues +2 +\d+ +\d+\n")
        self.assertRegex(text, fr"bytes by queues of \w+ +{charge} +20000 +{20_000 - charge}\n")
        limits = json.loads(self.run_script(script + " --json", 20_000))
        self.assertEqual(limits["used"], {
            "queues": 2, "own_queues": 2, "own_queues_of_unknown_size": 0, "bytes": charge,
            "why_unknown": None})
        self.assertEqual(limits["left"], {
            "queues": limits["limits"]["queues_max"] - 2, "bytes": 20_000 - charge})

    def test_what_fits(self):
        """What create --fit makes is what was said to fit, of each size."""
        script = self.set_in_namespace(msg_max=1000, msgsize_max=9000, msgsize_default=500) + """
            "$0" create --maxmsg=4 --msgsize=400 one
            "$0" limits --json"""
        left = 20_000 - 4 * (400 + CHARGE)
        limits = json.loads(self.run_script(script, 20_000))
        self.assertEqual([each["msgsize"] for each in limits["fits"]], [64, 500, 1024, 8192, 9000])
        for each in limits["fits"]:
            charge = each["msgsize"] + CHARGE
            self.assertEqual(each["maxmsg"], left // charge)
            self.assertEqual(each["maxmsg_without_other_queues"], 20_000 // charge)
            text = self.run_script(
                script + f' > /dev/null; "$0" create --fit --msgsize={each["msgsize"]} other', 20_000)
            self.assertIn(f"/other: {each['maxmsg']} message", text)
        self.assertEqual(limits["default_queues"], left // (10 * (500 + CHARGE)))

    def test_no_queue_fits(self):
        script = self.set_in_namespace(queues_max=1) + """
            "$0" create --maxmsg=1 --msgsize=1 one
            "$0" limits --json"""
        limits = json.loads(self.run_script(script, 200_000))
        self.assertEqual(limits["left"]["queues"], 0)
        sizes = [each["msgsize"] for each in limits["fits"]]
        self.assertEqual(sizes, sorted(set(sizes)))
        self.assertEqual([each["maxmsg"] for each in limits["fits"]], [0] * len(limits["fits"]))
        self.assertEqual(limits["default_queues"], 0)
        limits = json.loads(self.run_script('"$0" limits --json', 96))
        self.assertEqual([each["maxmsg"] for each in limits["fits"]], [0] * len(limits["fits"]))
        self.assertEqual(limits["default_queues"], 0)

    def test_queues_of_unknown_size(self):
        """Root that may not do everything sees of a queue with mode 0 no more than whose it is."""
        script = """
            "$0" create --maxmsg=4 --msgsize=100 one
            "$0" create --maxmsg=4 --msgsize=100 --mode=0 other
            setpriv --bounding-set=-dac_override,-dac_read_search "$0" limits"""
        text = self.run_script(script, 20_000)
        self.assertRegex(text, fr"bytes by queues of \w+ +{4 * (100 + CHARGE)} ")
        self.assertIn("The size of 1 queue of ", text)
        used = json.loads(self.run_script(script + " --json", 20_000))["used"]
        self.assertEqual((used["own_queues"], used["own_queues_of_unknown_size"]), (2, 1))
        self.assertEqual(used["bytes"], 4 * (100 + CHARGE))

    def test_queues_of_others(self):
        script = f"""
            "$0" create --maxmsg=1 --msgsize=8 --owner={NUMBER} one
            "$0" limits --json"""
        used = json.loads(self.run_script(script, 800_000, enter_ipc_namespace))["used"]
        self.assertEqual((used["queues"], used["own_queues"], used["bytes"]), (1, 0, 0))

    def test_no_directory(self):
        """As for an ordinary user where the queues are not mounted."""
        if os.path.ismount("/dev/mqueue"):
            self.skipTest("the queues are mounted")
        result = self.run_tool("limits", preexec_fn=self.without_privilege())
        self.assertRegex(result.text, r"queues +- +\d+ +-\n")
        self.assertRegex(result.text, r"What is used is not known: .* mount -t mqueue")
        limits = self.run_tool("limits", "--json", preexec_fn=self.without_privilege()).json
        self.assertIn("mount", limits["used"]["why_unknown"])
        self.assertEqual(limits["left"], {"queues": None, "bytes": None})
        self.assertIsNone(limits["default_queues"])
        for each in limits["fits"]:
            self.assertIsNone(each["maxmsg"])
            self.assertIsNotNone(each["maxmsg_without_other_queues"])

    def test_usage(self):
        self.assertIn("too many", self.run_tool("limits", "one", status=2).error)


if __name__ == "__main__":
    tool.main()
