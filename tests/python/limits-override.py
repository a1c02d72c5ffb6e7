# SPDX-License-Identifier: LGPL-2.1-or-later

"""The limits on message queues, as the override shows them."""

import math

import tap
from overridden import OverrideTest
from queues import GLib, Mood

FIGURES = ('msg_default', 'msg_max', 'msgsize_default', 'msgsize_max', 'queues_max', 'rlimit_soft',
           'rlimit_hard')


class LimitsTest(OverrideTest):
    def new_limits(self):
        limits = Mood.Limits.get()
        for number, name in enumerate(FIGURES, start=101):
            setattr(limits, name, number)
        return limits

    def test_repr(self):
        limits = self.new_limits()
        limits.queues_max = -1
        limits.rlimit_hard = GLib.MAXINT64
        expected = ('<Mood.Limits msg_default=101 msg_max=102 msgsize_default=103 msgsize_max=104 '
                    'queues_max=unknown rlimit_soft=106 rlimit_hard=unlimited>')
        self.assertEqual(repr(limits), expected)
        self.assertEqual(repr(limits.copy()), expected)

    def test_figures_are_attributes(self):
        limits = self.new_limits()
        self.assertEqual([getattr(limits, name) for name in FIGURES], list(range(101, 108)))
        limits.msg_max = True
        self.assertEqual(limits.msg_max, 1)

    def test_arguments_can_be_left_out(self):
        limits = self.new_limits()
        limits.rlimit_soft = 408
        limits.msgsize_default = 40
        limits.msg_default = 3
        self.assertEqual(limits.fit(), 3)
        self.assertEqual(limits.fit(msgsize=41), 2)
        self.assertEqual(limits.required_bytes(), 408)
        self.assertEqual(limits.required_bytes(2), 272)
        self.assertEqual(limits.required_bytes(msgsize=41), 411)

    def test_numbers_that_are_not_whole_are_refused(self):
        limits = self.new_limits()
        for value in 1.5, math.inf, '9', None:
            with self.subTest(value=value):
                with self.assertRaisesRegex(TypeError, 'msgsize is an int'):
                    limits.fit(value)
                with self.assertRaisesRegex(TypeError, 'msgsize is an int'):
                    limits.required_bytes(1, value)
                with self.assertRaisesRegex(TypeError, 'maxmsg is an int'):
                    limits.required_bytes(value)
                for name in FIGURES:
                    with self.assertRaisesRegex(TypeError, f'{name} is an int'):
                        setattr(limits, name, value)
        with self.assertRaises(OverflowError):
            limits.msg_max = 2**63
        self.assertEqual(limits.msg_max, 102)

    def test_limits_are_not_constructed(self):
        with self.assertRaisesRegex(TypeError, r'Mood\.Limits\.get\(\)'):
            Mood.Limits()


if __name__ == '__main__':
    tap.main()
