# SPDX-License-Identifier: LGPL-2.1-or-later

"""The version, which the program gets as its argument."""

import sys
import unittest

import tap
from queues import Mood


class VersionTest(unittest.TestCase):
    def test_is_that_of_the_project(self):
        self.assertEqual(Mood.VERSION_S, sys.argv[1])

    def test_the_parts_make_the_whole(self):
        parts = Mood.MAJOR_VERSION, Mood.MINOR_VERSION, Mood.MICRO_VERSION
        self.assertEqual(Mood.VERSION_S, '.'.join(map(str, parts)))


if __name__ == '__main__':
    tap.main()
