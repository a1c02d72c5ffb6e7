/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What it takes at least to have messages as objects of Python: mq_receive() alone, with nothing
 * checked, and what becomes of the messages. A peer of bench/python.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <mqueue.h>

/* A message of just the size that there is room for, and its priority. A failure ends the program.
 */
static PyObject *
receive_pair (int descriptor, Py_ssize_t size)
{
  PyObject *pair = PyTuple_New (2);
  PyObject *message = PyBytes_FromStringAndSize (NULL, size);
  unsigned priority;

  if (pair == NULL || message == NULL ||
      mq_receive (descriptor, PyBytes_AS_STRING (message), (size_t) size, &priority) != size)
    return PyErr_SetFromErrno (PyExc_OSError);

  PyTuple_SET_ITEM (pair, 0, message);
  PyTuple_SET_ITEM (pair, 1, PyLong_FromUnsignedLong (priority));

  return pair;
}

/* receive (descriptor, size, count) */
static PyObject *
receive (PyObject *module, PyObject *const *arguments, Py_ssize_t n_arguments)
{
  int descriptor = (int) PyLong_AsLong (arguments[0]);
  Py_ssize_t size = PyLong_AsSsize_t (arguments[1]);
  Py_ssize_t count = PyLong_AsSsize_t (arguments[2]);
  PyObject *list = PyList_New (count);

  for (Py_ssize_t i = 0; list != NULL && i < count; i++)
    {
      PyObject *pair = receive_pair (descriptor, size);

      if (pair == NULL)
        Py_CLEAR (list);
      else
        PyList_SET_ITEM (list, i, pair);
    }

  return list;
}

static PyMethodDef functions[] = {
  { "receive", (PyCFunction) (void (*) (void)) receive, METH_FASTCALL, NULL },
  { NULL },
};

static struct PyModuleDef module = {
  PyModuleDef_HEAD_INIT,
  .m_name = "objects",
  .m_size = -1,
  .m_methods = functions,
};

PyMODINIT_FUNC PyInit_objects (void);

PyMODINIT_FUNC
PyInit_objects (void)
{
  return PyModule_Create (&module);
}
