# SPDX-License-Identifier: LGPL-2.1-or-later

"""That the stub for type checkers names exactly what there is, with the same parameters.

The program gets the path of Mood.pyi as its argument.
"""

import ast
import enum
import inspect
import os
import re
import sys
import unittest

import gi
import gi._gi

gi.require_version('Mood', '1.0')

from gi.repository import GObject, Mood

import tap

# What every class has, and what nobody calls by its name and no type checker asks for.
UNNAMED = {
    '__class__', '__del__', '__dict__', '__doc__', '__enum_values__', '__firstlineno__',
    '__flags_values__', '__gsignals__', '__gtype__', '__info__', '__module__', '__new__',
    '__parameters__', '__reduce_ex__', '__repr__', '__static_attributes__', '__weakref__',
}

FUNCTIONS = ast.FunctionDef, ast.AsyncFunctionDef

with open(sys.argv[1], encoding='utf-8') as stub_file:
    STUB = ast.parse(stub_file.read())


def definitions(body):
    """Pairs of a public name and a node that defines it: more than one for what is overloaded."""
    for node in body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, ast.AnnAssign):
            names = [node.target.id]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets]
        else:
            names = []
        for name in names:
            if not name.startswith('_') or name.startswith('__'):
                yield name, node


def decorators(node):
    return {ast.unparse(decorator) for decorator in node.decorator_list}


def own_classes(cls):
    """The class, and what else of libmood's is beneath it."""
    return [each for each in cls.__mro__
            if each.__module__ in ('gi.overrides.Mood', 'gi.repository.Mood')]


def find(cls, name):
    return next(vars(each)[name] for each in own_classes(cls) if name in vars(each))


def evaluate(default):
    """The value of a default, which may be a constant of Mood's."""
    if isinstance(default, ast.Attribute):
        return getattr(getattr(Mood, default.value.id), default.attr)
    return ast.literal_eval(default)


def stub_parameters(node):
    """The names, and the defaults of those that have one; a star before what is by name only."""
    arguments = node.args
    by_position = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(by_position) - len(arguments.defaults)) + arguments.defaults
    result = [(argument.arg, default) for argument, default in zip(by_position, defaults)]
    if arguments.vararg:
        result.append(('*' + arguments.vararg.arg, None))
    result += [('*, ' + argument.arg, default)
               for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults)]
    return [(name, default and evaluate(default), default is not None)
            for name, default in result]


def runtime_parameters(function):
    result = []
    for parameter in inspect.signature(function).parameters.values():
        prefix = {
            parameter.VAR_POSITIONAL: '*',
            parameter.KEYWORD_ONLY: '*, ',
            parameter.VAR_KEYWORD: '**',
        }
        has_default = parameter.default is not parameter.empty
        result.append((prefix.get(parameter.kind, '') + parameter.name,
                       parameter.default if has_default else None, has_default))
    return result


def introspected_parameters(function):
    """Those that the documentation of an introspected function names, of which only None is a
    default."""
    described = re.match(r'\w+\(([^)]*)\)', function.__doc__)[1]
    result = []
    for parameter in described.split(', ') if described else []:
        name, default = re.fullmatch(r'(\w+)[^=]*(?:=\s*(None))?', parameter).groups()
        result.append((name, None, default is not None))
    return result


class StubTest(unittest.TestCase):
    def setUp(self):
        self.classes = {name: node for name, node in definitions(STUB.body)
                        if isinstance(node, ast.ClassDef)}

    def test_it_is_compared_with_what_it_should_be(self):
        has_extension = inspect.ismethoddescriptor(Mood.MessageQueue.send)
        self.assertEqual(has_extension, os.environ['MOOD_TEST_EXTENSION'] == '1')

    def test_namespace(self):
        stub = {name for name, _ in definitions(STUB.body)}
        self.assertEqual(stub, {name for name in dir(Mood) if not name.startswith('_')})

    def test_classes_have_the_same_members(self):
        for name, node in self.classes.items():
            with self.subTest(name):
                runtime = {
                    member for cls in own_classes(getattr(Mood, name)) for member in vars(cls)
                    if not member.startswith('_') or member.startswith('__')}
                if issubclass(getattr(Mood, name), enum.Enum):
                    # With newer versions of PyGObject they are of Python's own kind.
                    runtime -= {member for kind in (enum.IntEnum, enum.IntFlag)
                                for cls in kind.__mro__ for member in vars(cls)}
                stub = {member for member, _ in definitions(node.body)}
                # GObject.Object has them, and the stub tells more about them; any class has an
                # __init__.
                stub -= {'props', 'Props'}
                if '__init__' not in runtime:
                    stub -= {'__init__'}
                self.assertEqual(stub, runtime - UNNAMED)

    def test_constants_have_the_same_values(self):
        for class_name in 'GeometryPolicy', 'OpenFlags', 'Ownership':
            with self.subTest(class_name):
                runtime = getattr(Mood, class_name)
                stub = {name: ast.literal_eval(node.value)
                        for name, node in definitions(self.classes[class_name].body)}
                self.assertEqual(stub, {name: int(getattr(runtime, name)) for name in stub})

    def test_attributes_are_attributes_and_functions_are_functions(self):
        for class_name, class_node in self.classes.items():
            for name, node in definitions(class_node.body):
                if isinstance(node, FUNCTIONS) and name not in ('props', '__init__'):
                    with self.subTest(f'{class_name}.{name}'):
                        member = find(getattr(Mood, class_name), name)
                        is_attribute = bool(decorators(node) & {'property', f'{name}.setter'})
                        if class_name.endswith('Class'):
                            self.assertTrue(is_attribute)
                            continue
                        self.assertEqual(is_attribute, isinstance(member, property))
                        self.assertEqual(isinstance(node, ast.AsyncFunctionDef),
                                         inspect.iscoroutinefunction(member))

    def test_attributes_that_can_be_set(self):
        stub = {name for name, node in definitions(self.classes['MessageQueue'].body)
                if isinstance(node, FUNCTIONS) and f'{name}.setter' in decorators(node)}
        runtime = {name for name, member in vars(Mood.MessageQueue).items()
                   if isinstance(member, property) and member.fset}
        self.assertEqual(stub, runtime)

    def test_properties(self):
        for class_name, class_node in self.classes.items():
            nested = dict(definitions(class_node.body)).get('Props')
            if nested is None:
                continue
            with self.subTest(class_name):
                # Those that can be set later are annotated, as variables are.
                stub = {name: isinstance(node, ast.AnnAssign)
                        for name, node in definitions(nested.body)}
                gtype = getattr(Mood, class_name).__gtype__
                runtime = {
                    specification.name.replace('-', '_'): bool(
                        specification.flags & GObject.ParamFlags.WRITABLE)
                    and not specification.flags & GObject.ParamFlags.CONSTRUCT_ONLY
                    for specification in GObject.list_properties(gtype)
                    if specification.owner_type.is_a(gtype)}
                self.assertEqual(stub, runtime)

    def assert_same_parameters(self, node, function, introspected=None):
        stub = stub_parameters(node)
        if introspected is None:
            runtime = runtime_parameters(function)
        else:
            runtime = introspected_parameters(introspected)
            if not introspected.is_method():
                # The class.
                stub = stub[1:]
        self.assertEqual(stub, runtime)

    def test_functions_have_the_same_parameters(self):
        for name in 'listen_queues', 'recv', 'send', 'unlink':
            self.assert_same_parameters(dict(definitions(STUB.body))[name], getattr(Mood, name))
        for class_name in ('Limits', 'MessageQueue', 'PriorityMessage', 'QueueDirectory',
                           'QueueInfo'):
            cls = getattr(Mood, class_name)
            for name, node in definitions(self.classes[class_name].body):
                if (not isinstance(node, FUNCTIONS)
                        or decorators(node) & {'property', f'{name}.setter', 'overload'}
                        or name == '__init__' and '__init__' not in vars(cls)):
                    continue
                with self.subTest(f'{class_name}.{name}'):
                    function = find(cls, name)
                    function = getattr(function, '__func__', function)
                    introspected = None
                    # One that only translates errors has the parameters of what it calls.
                    if (type(function) is gi._gi.FunctionInfo or runtime_parameters(function)[1:] == [
                            ('*arguments', None, False), ('**keywords', None, False)]):
                        introspected = next(
                            member for member in (vars(each).get(name) for each in cls.__mro__)
                            if type(getattr(member, '__func__', member)) is gi._gi.FunctionInfo)
                        introspected = getattr(introspected, '__func__', introspected)
                    self.assert_same_parameters(node, function, introspected)

    def test_overloads_are_calls_that_can_be_made(self):
        checked = set()
        overloaded = [(class_name, name, node) for class_name, class_node in self.classes.items()
                      for name, node in definitions(class_node.body)
                      if isinstance(node, FUNCTIONS) and 'overload' in decorators(node)]
        for class_name, name, node in overloaded:
            checked.add(name)
            with self.subTest(f'{name}: {ast.unparse(node.args)}'):
                arguments = node.args
                by_name = [argument.arg for argument in arguments.kwonlyargs]
                signature = inspect.signature(find(getattr(Mood, class_name), name))
                signature.bind(*arguments.posonlyargs, *arguments.args,
                               **dict.fromkeys(by_name))
                if not arguments.posonlyargs:
                    signature.bind(**dict.fromkeys(
                        [argument.arg for argument in arguments.args] + by_name))
        self.assertEqual(checked, {'__getitem__', 'add_notification', 'add_receiver', 'add_watch',
                                   'receive_async', 'send_async', 'wait_for_async'})


tap.main()
