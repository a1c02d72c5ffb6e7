# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tables of benchmarks say: what was done in fact, and what is missing with what would bring
it, in a terminal of any width.

Arguments: PROGRAMS, the file in which the build says what it has built"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import benchmarks
import compare
import machine
import tables
import tap

PROGRAMS = sys.argv.pop()

LIMIT_SECONDS = 120

NARROW = 80


class FakeTransports:
    """A user's whose queues may have so many messages."""

    def __init__(self, largest_depth):
        self.largest_depth = largest_depth

    def get(self, _):
        return self

    def ask(self, _):
        return {'largest_depth': self.largest_depth}


def find_benchmark(name):
    return next(each for each in benchmarks.BENCHMARKS if each.name == name)


def make_row(name, title, **details):
    return {'name': name, 'title': title, **details}


def make_measured(name, title, ratio, **details):
    ratios = {'p10': ratio - 0.05, 'median': ratio, 'p90': ratio + 0.05}
    return make_row(name, title, median=1234.5, ratio=ratios, **details)


class ParametersTest(unittest.TestCase):
    def resolve(self, name, largest_depth=10, cores=2):
        self.addCleanup(setattr, machine, 'count_cores', machine.count_cores)
        machine.count_cores = lambda: cores
        parameters = find_benchmark(name).parameters
        return compare.resolve_all(parameters, FakeTransports(largest_depth))

    def test_largest_depth_is_one_of_the_others(self):
        sizes = [(each['size'], each['depth']) for each in self.resolve('calls')]
        self.assertEqual(sizes, [(size, 10) for size in benchmarks.SIZES])

    def test_largest_depth(self):
        sizes = [(each['size'], each['depth']) for each in self.resolve('calls', 2558)]
        self.assertEqual(sizes, [*((size, 10) for size in benchmarks.SIZES), (64, 2558)])

    def test_one_core(self):
        parameters = self.resolve('round-trip', cores=1)
        self.assertEqual([each['size'] for each in parameters], list(benchmarks.SIZES))
        self.assertEqual({each['cores'] for each in parameters}, {1})

    def test_two_cores(self):
        self.assertEqual(len(self.resolve('round-trip', cores=3)), 2 * len(benchmarks.SIZES))


class WordsTest(unittest.TestCase):
    def test_plurals(self):
        queues = find_benchmark('queues')
        for count, cores, words in (
                (1, 1, 'both on one core, 1 queue'), (200, 2, 'each on its own core, 200 queues')):
            title = tables.format_title(queues, {'queues': count, 'cores': cores})
            self.assertEqual(title, f'{queues.title}: {words}')

    def test_machine(self):
        about = {'processor': 'P', 'kernel': 'K', 'system': 'S', 'versions': {}, 'date': 'D'}
        for cores, is_virtual, words in ((1, False, 'P, 1 core,'), (2, True, 'P, 2 virtual cores,')):
            about.update(cores=cores, is_virtual=is_virtual)
            text = tables.format_machine({'machine': about, 'rounds': 9})
            self.assertTrue(text.startswith(words), text)

    def test_terminals(self):
        rows = [
            make_row('raw', 'mq_send(), mq_receive()', median=1200),
            make_measured('mood', 'libmood: send, receive_into, with a cancellable', 1.06, aim=1.05),
            make_measured('mood-receive', 'libmood: send, receive', 1.02, aim=1.08),
            make_row('nng', 'nng, pair over ipc', missing='not built: needs ' + 'very ' * 9 + 'much'),
        ]
        table = {'title': 'A title of many words ' * 5, 'note': '', 'unit': 'ns a message',
                 'baseline': 'raw', 'is_rate': False, 'rows': rows}
        for width in (NARROW, 120):
            text = tables.format_table(table, width)
            with self.subTest(width=width, text=text):
                self.assertLessEqual(max(map(len, text.splitlines())), width)
                words = ' '.join(text.split())
                for part in ('1.06', 'aim 1.05: missed', 'aim 1.08: met', 'very very much'):
                    self.assertIn(part, words)


class RunTest(unittest.TestCase):
    def run_compare(self, *arguments, programs=PROGRAMS):
        result = subprocess.run(
            [sys.executable, '-B', compare.__file__, programs, '--quick', *arguments],
            env={**os.environ, 'COLUMNS': str(NARROW)}, timeout=LIMIT_SECONDS, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), NARROW)
        return result.stdout

    def test_on_one_core(self):
        allowed = os.sched_getaffinity(0)
        self.addCleanup(os.sched_setaffinity, 0, allowed)
        os.sched_setaffinity(0, {min(allowed)})
        text = self.run_compare('round-trip')
        title = find_benchmark('round-trip').title
        self.assertEqual(text.count(title), 1)
        self.assertIn(f'{title}: both on one core, 64 bytes', text)

    def test_without_python_extension(self):
        with open(PROGRAMS, encoding='utf-8') as file:
            programs = json.load(file)
        if not programs['python']:
            self.skipTest('there is no override of Python')
        programs['python_extension'] = ''
        with tempfile.NamedTemporaryFile('w', encoding='utf-8') as file:
            json.dump(programs, file)
            file.flush()
            text = self.run_compare('python', programs=file.name)
        self.assertRegex(text, r'\n  send, recv +not built: needs “meson configure')
        self.assertRegex(text, r'\n  ctypes: mq_send, mq_receive +[0-9]')
        self.assertRegex(text, r'\n  send, recv, without the extension +[0-9]')


tap.main()
