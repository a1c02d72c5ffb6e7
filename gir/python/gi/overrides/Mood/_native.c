/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The calls that take a message through the queue, without the cost of introspection. They have the
 * same arguments, results and errors as those in _calls.py, and a signal's Python handler runs
 * while they wait.
 *
 * What is as it mostly is, a message that is bytes, a small int for a priority, is taken here. All
 * else is given to the functions of _arguments.py, which convert or refuse it. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <mood.h>
#include <pygobject.h>
#include <string.h>

/* Up to this size of the largest message of a queue, an attempt that does not wait keeps the lock
 * of the interpreter: to give it away and to take it back costs more than to copy the message. */
#define SMALL_MESSAGE_SIZE 8192

#define HIGHEST_PRIORITY 32767

/* What Python's side of the override has for us, for as long as the process lives. */
static PyObject *to_view;
static PyObject *to_priority;
static PyObject *to_limit;
static PyObject *to_cancellable;
static PyObject *to_timeout_us;
static PyObject *new_error;
static PyTypeObject *queue_type;
static PyTypeObject *cancellable_type;

static const struct
{
  const char *module;
  const char *name;
  PyObject **function;
} functions[] = {
  { "gi.overrides.Mood._arguments", "to_view", &to_view },
  { "gi.overrides.Mood._arguments", "to_priority", &to_priority },
  { "gi.overrides.Mood._arguments", "to_limit", &to_limit },
  { "gi.overrides.Mood._arguments", "to_cancellable", &to_cancellable },
  { "gi.overrides.Mood._arguments", "to_timeout_us", &to_timeout_us },
  { "gi.overrides.Mood._errors", "new_of_queue", &new_error },
};

/* How long a call may wait, and for what else than the queue. */
typedef struct
{
  GCancellable *cancellable;
  gint64 timeout_us;
  gboolean has_timeout; /* if not, the mode of the queue decides */
  gboolean has_tried;   /* and has to wait */
} Patience;

/* The state of the interpreter in a thread whose call waits, without its lock; NULL in others. */
static _Thread_local PyThreadState *waiting;

/* libmood asks this when a signal came during a wait. */
static gboolean
run_signal_handlers (void)
{
  gboolean raised;

  /* Not one of our calls. */
  if (waiting == NULL)
    return FALSE;

  PyEval_RestoreThread (g_steal_pointer (&waiting));
  raised = PyErr_CheckSignals () == -1;
  waiting = PyEval_SaveThread ();

  return raised;
}

static inline void
begin_waiting (void)
{
  waiting = PyEval_SaveThread ();
}

static inline void
end_waiting (void)
{
  PyEval_RestoreThread (g_steal_pointer (&waiting));
}

/* The GObject of the Python object, whose type was checked. It has none if its constructor was
 * never called, or failed. */
static inline GObject *
get_object (PyObject *self)
{
  GObject *object = pygobject_get (self);

  if (G_UNLIKELY (object == NULL))
    PyErr_Format (PyExc_RuntimeError, "object at %p of type %s is not initialized", self,
                  Py_TYPE (self)->tp_name);

  return object;
}

static inline MoodMessageQueue *
get_queue (PyObject *self)
{
  return (MoodMessageQueue *) get_object (self);
}

/* Raises what libmood's error is in Python, unless a handler of a signal has raised something. */
static PyObject *
raise_error (PyObject *self, GError *error)
{
  if (!PyErr_Occurred ())
    {
      PyObject *exception =
          PyObject_CallFunction (new_error, "Ois", self, error->code, error->message);

      if (exception != NULL)
        PyErr_SetObject ((PyObject *) Py_TYPE (exception), exception);
      Py_XDECREF (exception);
    }
  g_error_free (error);

  return NULL;
}

/* Puts the arguments that have a name in their place. */
static G_GNUC_NO_INLINE gboolean
parse_keywords (const char *function,
                const char *const *names,
                int n_names,
                PyObject *const *arguments,
                PyObject *keywords,
                PyObject **values)
{
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE (keywords); i++)
    {
      PyObject *keyword = PyTuple_GET_ITEM (keywords, i);
      int position = 0;

      while (position < n_names && PyUnicode_CompareWithASCIIString (keyword, names[position]) != 0)
        position++;
      if (position == n_names)
        {
          PyErr_Format (PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function,
                        keyword);
          return FALSE;
        }
      if (values[position] != NULL)
        {
          PyErr_Format (PyExc_TypeError, "%s() got multiple values for argument '%s'", function,
                        names[position]);
          return FALSE;
        }
      values[position] = arguments[i];
    }

  return TRUE;
}

/* Spreads the arguments of a call over @values, which has to be all NULL: as many as there are
 * @names, of which the first @n_positional may be given without their name, and the first
 * @n_required have to be given. Inlined in all of its callers, where most of this is constant. */
G_ALWAYS_INLINE static inline gboolean
parse_arguments (const char *function,
                 const char *const *names,
                 int n_names,
                 int n_positional,
                 int n_required,
                 PyObject *const *arguments,
                 Py_ssize_t n_arguments,
                 PyObject *keywords,
                 PyObject **values)
{
  if (G_UNLIKELY (n_arguments > n_positional))
    {
      PyErr_Format (PyExc_TypeError, "%s() takes at most %d positional arguments (%zd given)",
                    function, n_positional, n_arguments);
      return FALSE;
    }

  for (Py_ssize_t i = 0; i < n_arguments; i++)
    values[i] = arguments[i];

  if (keywords != NULL &&
      !parse_keywords (function, names, n_names, arguments + n_arguments, keywords, values))
    return FALSE;

  for (int i = 0; i < n_required; i++)
    if (G_UNLIKELY (values[i] == NULL))
      {
        PyErr_Format (PyExc_TypeError, "%s() missing required argument: '%s'", function, names[i]);
        return FALSE;
      }

  return TRUE;
}

/* Calls one of the functions that convert or refuse, for an integer. */
static gboolean
convert_integer (PyObject *function, PyObject *value, PyObject *self, gint64 *result)
{
  PyObject *converted = PyObject_CallFunctionObjArgs (function, value, self, NULL);

  if (converted == NULL)
    return FALSE;

  *result = PyLong_AsLongLong (converted);
  Py_DECREF (converted);

  return *result != -1 || !PyErr_Occurred ();
}

static G_GNUC_NO_INLINE gboolean
get_given_patience (PyObject *cancellable, PyObject *timeout, Patience *patience)
{
  if (timeout != NULL && timeout != Py_None)
    {
      patience->has_timeout = TRUE;
      if (!convert_integer (to_timeout_us, timeout, NULL, &patience->timeout_us))
        return FALSE;
    }

  if (cancellable == NULL || cancellable == Py_None)
    return TRUE;

  if (!PyObject_TypeCheck (cancellable, cancellable_type))
    {
      Py_XDECREF (PyObject_CallOneArg (to_cancellable, cancellable));
      return FALSE;
    }

  patience->cancellable = (GCancellable *) get_object (cancellable);

  return patience->cancellable != NULL;
}

/* Both may be NULL. */
static inline gboolean
get_patience (PyObject *cancellable, PyObject *timeout, Patience *patience)
{
  *patience = (Patience){ 0 };

  if (G_LIKELY ((cancellable == NULL || cancellable == Py_None) &&
                (timeout == NULL || timeout == Py_None)))
    return TRUE;

  return get_given_patience (cancellable, timeout, patience);
}

/* An int from @minimum to @maximum, which is what nearly all are, needs no Python to be checked. */
static inline gboolean
get_integer (PyObject *value,
             gint64 minimum,
             gint64 maximum,
             PyObject *convert,
             PyObject *self,
             gint64 *integer)
{
  int overflow;

  if (G_LIKELY (PyLong_CheckExact (value)))
    {
      *integer = PyLong_AsLongLongAndOverflow (value, &overflow);
      if (G_LIKELY (overflow == 0 && *integer >= minimum && *integer <= maximum))
        return TRUE;
    }

  return convert_integer (convert, value, self, integer);
}

static inline gboolean
get_priority (PyObject *value, PyObject *self, guint *priority)
{
  gint64 integer = 0;

  if (value != NULL && !get_integer (value, 0, HIGHEST_PRIORITY, to_priority, self, &integer))
    return FALSE;

  *priority = (guint) integer;

  return TRUE;
}

/* The bytes of a message. Those of a bytes object stay where they are as long as the call has it,
 * and need no Py_buffer. */
typedef struct
{
  const guint8 *bytes;
  gsize length;
  Py_buffer buffer;
} Message;

static G_GNUC_NO_INLINE gboolean
get_buffer (PyObject *object, Py_buffer *buffer)
{
  PyObject *view;
  int result;

  if (PyObject_CheckBuffer (object))
    return PyObject_GetBuffer (object, buffer, PyBUF_SIMPLE) == 0;

  /* Which raises the error. */
  view = PyObject_CallOneArg (to_view, object);
  if (view == NULL)
    return FALSE;

  result = PyObject_GetBuffer (view, buffer, PyBUF_SIMPLE);
  Py_DECREF (view);

  return result == 0;
}

static inline gboolean
message_init (Message *message, PyObject *object)
{
  message->buffer.obj = NULL;

  if (G_LIKELY (PyBytes_CheckExact (object)))
    {
      message->bytes = (const guint8 *) PyBytes_AS_STRING (object);
      message->length = (gsize) PyBytes_GET_SIZE (object);
      return TRUE;
    }

  if (!get_buffer (object, &message->buffer))
    return FALSE;

  message->bytes = message->buffer.buf;
  message->length = (gsize) message->buffer.len;

  return TRUE;
}

static inline void
message_clear (Message *message)
{
  if (G_UNLIKELY (message->buffer.obj != NULL))
    PyBuffer_Release (&message->buffer);
}

static G_GNUC_NO_INLINE gssize
wait_and_send_message (MoodMessageQueue *queue,
                       const Message *message,
                       guint priority,
                       const Patience *patience,
                       GError **error)
{
  GCancellable *cancellable = patience->cancellable;
  gssize sent;

  begin_waiting ();
  if (patience->has_timeout)
    sent = mood_message_queue_send_with_timeout (queue, message->bytes, message->length, priority,
                                                 patience->timeout_us, cancellable, error);
  else
    sent = mood_message_queue_send (queue, message->bytes, message->length, priority, cancellable,
                                    error);
  end_waiting ();

  return sent;
}

static inline gssize
send_message (MoodMessageQueue *queue,
              const Message *message,
              guint priority,
              const Patience *patience,
              GError **error)
{
  gboolean tries = patience->has_timeout && patience->timeout_us == 0;
  gssize sent = -1;

  if (G_LIKELY (tries || message->length <= SMALL_MESSAGE_SIZE))
    sent = mood_message_queue_send_with_timeout (queue, message->bytes, message->length, priority,
                                                 0, patience->cancellable, tries ? error : NULL);

  return G_LIKELY (sent != -1 || tries)
             ? sent
             : wait_and_send_message (queue, message, priority, patience, error);
}

static G_GNUC_NO_INLINE gssize
wait_and_receive_message (MoodMessageQueue *queue,
                          guint8 *buffer,
                          gsize size,
                          guint *priority,
                          const Patience *patience,
                          GError **error)
{
  GCancellable *cancellable = patience->cancellable;
  gssize length;

  begin_waiting ();
  if (patience->has_timeout)
    length =
        mood_message_queue_receive_into_with_timeout (queue, buffer, size, priority,
                                                      patience->timeout_us, cancellable, error);
  else
    length = mood_message_queue_receive_into (queue, buffer, size, priority, cancellable, error);
  end_waiting ();

  return length;
}

G_ALWAYS_INLINE static inline gssize
receive_message_into (MoodMessageQueue *queue,
                      guint8 *buffer,
                      gsize size,
                      guint *priority,
                      const Patience *patience,
                      GError **error)
{
  gboolean tries = patience->has_timeout && patience->timeout_us == 0;
  gssize length = -1;

  if (G_LIKELY ((tries || size <= SMALL_MESSAGE_SIZE) && !patience->has_tried))
    length =
        mood_message_queue_receive_into_with_timeout (queue, buffer, size, priority, 0,
                                                      patience->cancellable, tries ? error : NULL);

  return G_LIKELY (length != -1 || tries)
             ? length
             : wait_and_receive_message (queue, buffer, size, priority, patience, error);
}

/* Into bytes for the longest message, which are then shortened. */
G_ALWAYS_INLINE static inline PyObject *
receive_in_place (MoodMessageQueue *queue,
                  gsize msgsize,
                  guint *priority,
                  const Patience *patience,
                  GError **error)
{
  PyObject *message = PyBytes_FromStringAndSize (NULL, (Py_ssize_t) msgsize);
  gssize length;

  if (message == NULL)
    return NULL;

  length = receive_message_into (queue, (guint8 *) PyBytes_AS_STRING (message), msgsize, priority,
                                 patience, error);
  if (length == -1)
    Py_CLEAR (message);
  else if (length != (gssize) msgsize)
    _PyBytes_Resize (&message, length);

  return message;
}

/* By way of the stack. */
static G_GNUC_NO_INLINE PyObject *
receive_copied (MoodMessageQueue *queue,
                guint *priority,
                const Patience *patience,
                gboolean *is_lost,
                GError **error)
{
  guint8 buffer[SMALL_MESSAGE_SIZE];
  gssize length = receive_message_into (queue, buffer, sizeof buffer, priority, patience, error);
  PyObject *message;

  if (length == -1)
    return NULL;

  message = PyBytes_FromStringAndSize ((const char *) buffer, length);
  *is_lost = message == NULL;

  return message;
}

/* The bytes of one message; NULL as receive_pair() has it. @msgsize is that of the queue. */
G_ALWAYS_INLINE static inline PyObject *
receive_message (MoodMessageQueue *queue,
                 gint64 msgsize,
                 guint *priority,
                 const Patience *patience,
                 gboolean *is_lost,
                 GError **error)
{
  /* Messages of a struct's size fill each the room that they have: then there is no need to copy.
   */
  static gint64 size_of_full_ones;
  PyObject *message;

  /* What was never opened has the size that it was asked for, which may be any. */
  if (msgsize > SMALL_MESSAGE_SIZE ? mood_message_queue_fileno (queue) != -1
                                   : msgsize > 0 && msgsize == size_of_full_ones)
    message = receive_in_place (queue, (gsize) msgsize, priority, patience, error);
  else
    message = receive_copied (queue, priority, patience, is_lost, error);

  if (message != NULL)
    size_of_full_ones = PyBytes_GET_SIZE (message) == msgsize ? msgsize : 0;

  return message;
}

/* An int that was made before. */
typedef struct
{
  PyObject *object;
  gssize value;
} Number;

/* What a program sends has mostly one size, and one priority: to make an int costs more than to
 * have the last one again. @last is zeroed at first. */
static inline PyObject *
make_number (Number *last, gssize value)
{
  if (G_UNLIKELY (value != last->value || last->object == NULL))
    {
      PyObject *number = PyLong_FromSsize_t (value);

      if (number == NULL)
        return NULL;

      Py_XSETREF (last->object, number);
      last->value = value;
    }

  Py_INCREF (last->object);

  return last->object;
}

/* For how many bytes, or messages, were sent. */
static PyObject *
make_count (gssize count)
{
  static Number last;

  return make_number (&last, count);
}

/* The tuple with what belongs into it, which this takes; NULL with an exception if one of them is.
 */
static inline PyObject *
fill_pair (PyObject *pair, PyObject *message, guint priority)
{
  static Number last_priority;
  PyObject *number =
      pair != NULL && message != NULL ? make_number (&last_priority, priority) : NULL;

  if (G_UNLIKELY (number == NULL))
    {
      Py_XDECREF (message);
      Py_XDECREF (pair);
      return NULL;
    }

  PyTuple_SET_ITEM (pair, 0, message);
  PyTuple_SET_ITEM (pair, 1, number);

  return pair;
}

/* One message and its priority; NULL with either @error set or an exception. If the message was
 * taken by then and there was no memory for what it becomes, @is_lost is set. */
G_ALWAYS_INLINE static inline PyObject *
receive_pair (MoodMessageQueue *queue,
              gint64 msgsize,
              const Patience *patience,
              gboolean *is_lost,
              GError **error)
{
  PyObject *pair = PyTuple_New (2);
  gboolean is_taken;
  PyObject *message;
  guint priority;

  if (pair == NULL)
    return NULL;

  message = receive_message (queue, msgsize, &priority, patience, is_lost, error);
  is_taken = message != NULL;
  pair = fill_pair (pair, message, priority);
  *is_lost = *is_lost || (is_taken && pair == NULL);

  return pair;
}

PyDoc_STRVAR (send_doc,
              "send($self, message, priority=0, cancellable=None, *, timeout=None)\n--\n\n"
              "Sends one message, and returns how many bytes of it were sent.\n"
              "\n"
              "Of a message longer than msgsize the first msgsize bytes are sent, unless\n"
              "there is a timeout: then it is refused. The priority is 0 to 32767; the\n"
              "highest is received first. The timeout is in seconds: 0 tries, None waits\n"
              "without limit, or not at all in nonblocking mode.");

static PyObject *
queue_send (PyObject *self, PyObject *const *arguments, Py_ssize_t n_arguments, PyObject *keywords)
{
  static const char *const names[] = { "message", "priority", "cancellable", "timeout" };
  PyObject *values[G_N_ELEMENTS (names)] = { NULL };
  MoodMessageQueue *queue = get_queue (self);
  GError *error = NULL;
  Patience patience;
  Message message;
  guint priority;
  gssize sent;

  if (queue == NULL ||
      !parse_arguments ("send", names, G_N_ELEMENTS (names), 3, 1, arguments, n_arguments, keywords,
                        values) ||
      !message_init (&message, values[0]))
    return NULL;

  if (!get_priority (values[1], self, &priority) || !get_patience (values[2], values[3], &patience))
    {
      message_clear (&message);
      return NULL;
    }

  sent = send_message (queue, &message, priority, &patience, &error);
  message_clear (&message);

  return sent != -1 ? make_count (sent) : raise_error (self, error);
}

PyDoc_STRVAR (recv_doc,
              "recv($self, cancellable=None, *, timeout=None)\n--\n\n"
              "Receives one message, and returns its bytes.\n"
              "\n"
              "The timeout is in seconds: 0 tries, None waits without limit, or not at all\n"
              "in nonblocking mode. Closing the queue in another thread ends the wait only\n"
              "if there is a timeout or a cancellable.");

static PyObject *
queue_recv (PyObject *self, PyObject *const *arguments, Py_ssize_t n_arguments, PyObject *keywords)
{
  static const char *const names[] = { "cancellable", "timeout" };
  PyObject *values[G_N_ELEMENTS (names)] = { NULL };
  MoodMessageQueue *queue = get_queue (self);
  gboolean is_lost = FALSE;
  GError *error = NULL;
  PyObject *message;
  Patience patience;

  if (queue == NULL ||
      !parse_arguments ("recv", names, G_N_ELEMENTS (names), 1, 0, arguments, n_arguments, keywords,
                        values) ||
      !get_patience (values[0], values[1], &patience))
    return NULL;

  message = receive_message (queue, mood_message_queue_get_msgsize (queue), NULL, &patience,
                             &is_lost, &error);

  return error == NULL ? message : raise_error (self, error);
}

PyDoc_STRVAR (receive_doc,
              "receive($self, cancellable=None, *, timeout=None)\n--\n\n"
              "Receives one message, and returns its bytes and its priority.\n"
              "\n"
              "The timeout is in seconds: 0 tries, None waits without limit, or not at all\n"
              "in nonblocking mode. Closing the queue in another thread ends the wait only\n"
              "if there is a timeout or a cancellable.");

static PyObject *
queue_receive (PyObject *self,
               PyObject *const *arguments,
               Py_ssize_t n_arguments,
               PyObject *keywords)
{
  static const char *const names[] = { "cancellable", "timeout" };
  PyObject *values[G_N_ELEMENTS (names)] = { NULL };
  MoodMessageQueue *queue = get_queue (self);
  gboolean is_lost = FALSE;
  GError *error = NULL;
  PyObject *pair;
  Patience patience;

  if (queue == NULL ||
      !parse_arguments ("receive", names, G_N_ELEMENTS (names), 1, 0, arguments, n_arguments,
                        keywords, values) ||
      !get_patience (values[0], values[1], &patience))
    return NULL;

  pair = receive_pair (queue, mood_message_queue_get_msgsize (queue), &patience, &is_lost, &error);

  return error == NULL ? pair : raise_error (self, error);
}

/* Pairs that fill a list. */
typedef struct
{
  PyObject *list;
  Py_ssize_t count;
  gboolean is_lost;
} Received;

static gboolean
add_message (MoodMessageQueue *queue,
             const guint8 *bytes,
             gsize length,
             guint priority,
             gpointer user_data)
{
  Received *self = user_data;
  PyObject *message = PyBytes_FromStringAndSize ((const char *) bytes, (Py_ssize_t) length);
  PyObject *pair = message != NULL ? fill_pair (PyTuple_New (2), message, priority) : NULL;

  /* Without memory for it, it goes back where it came from, if it can. */
  if (G_LIKELY (pair != NULL))
    PyList_SET_ITEM (self->list, self->count++, pair);
  else
    self->is_lost =
        mood_message_queue_send_with_timeout (queue, bytes, length, priority, 0, NULL, NULL) == -1;

  return pair != NULL;
}

/* What is there of small messages, without waiting, whether or not there was one before. */
static inline void
receive_small_ones (MoodMessageQueue *queue,
                    gint64 limit,
                    GCancellable *cancellable,
                    Received *received,
                    GError **error)
{
  if (received->count < limit)
    mood_message_queue_receive_each (queue, (guint) (limit - received->count), 0, add_message,
                                     received, cancellable, error);
}

/* Likewise of large ones, into their own memory. */
static void
receive_large_ones (MoodMessageQueue *queue, gint64 msgsize, gint64 limit, Received *received)
{
  static const Patience none = { .has_timeout = TRUE };
  PyObject *pair;

  while (received->count < limit &&
         (pair = receive_pair (queue, msgsize, &none, &received->is_lost, NULL)) != NULL)
    PyList_SET_ITEM (received->list, received->count++, pair);
}

PyDoc_STRVAR (receive_many_doc,
              "receive_many($self, limit, cancellable=None, *, timeout=None)\n--\n\n"
              "Waits for one message, takes what is there besides, up to the limit, and\n"
              "returns a list of pairs: the bytes of each message and its priority.\n"
              "\n"
              "The timeout is in seconds: 0 tries, None waits without limit, or not at all\n"
              "in nonblocking mode.");

static PyObject *
queue_receive_many (PyObject *self,
                    PyObject *const *arguments,
                    Py_ssize_t n_arguments,
                    PyObject *keywords)
{
  static const char *const names[] = { "limit", "cancellable", "timeout" };
  PyObject *values[G_N_ELEMENTS (names)] = { NULL };
  MoodMessageQueue *queue = get_queue (self);
  GError *error = NULL;
  PyObject *list, *pair;
  Received received = { NULL };
  gboolean is_small, tries;
  Patience patience;
  gint64 limit, maxmsg, msgsize;

  if (queue == NULL ||
      !parse_arguments ("receive_many", names, G_N_ELEMENTS (names), 2, 1, arguments, n_arguments,
                        keywords, values) ||
      !get_patience (values[1], values[2], &patience) ||
      !get_integer (values[0], 1, G_MAXUINT, to_limit, self, &limit))
    return NULL;

  /* More than the queue holds cannot be there: what comes in meanwhile is for the next call. What
   * is not open has nothing but an error, and if it never was, the maxmsg that it was asked for. */
  maxmsg = mood_message_queue_fileno (queue) != -1 ? mood_message_queue_get_maxmsg (queue) : 1;
  limit = MIN (limit, maxmsg);
  msgsize = mood_message_queue_get_msgsize (queue);
  /* Where items are missing, the collector and whoever looks at its objects must not see the list.
   */
  list = PyList_New ((Py_ssize_t) limit);
  if (list == NULL)
    return NULL;
  PyObject_GC_UnTrack (list);

  received.list = list;
  is_small = msgsize <= SMALL_MESSAGE_SIZE;
  tries = patience.has_timeout && patience.timeout_us == 0;
  if (is_small)
    receive_small_ones (queue, limit, patience.cancellable, &received, tries ? &error : NULL);

  if (received.count == 0 && !PyErr_Occurred () && !(is_small && tries))
    {
      patience.has_tried = is_small;
      pair = receive_pair (queue, msgsize, &patience, &received.is_lost, &error);
      if (pair != NULL)
        PyList_SET_ITEM (list, received.count++, pair);
      if (pair != NULL && is_small)
        receive_small_ones (queue, limit, NULL, &received, NULL);
      else if (pair != NULL)
        receive_large_ones (queue, msgsize, limit, &received);
    }

  /* Whatever ends this after the first message is told by the next call: no memory for one more,
   * say, as long as that one is still in the queue. If it is not, that is told, too, but not by an
   * exception, which would take the other messages with it. */
  if (received.count > 0 && received.is_lost)
    PyErr_WriteUnraisable (self);
  else if (received.count > 0 && received.count < limit)
    PyErr_Clear ();

  PyObject_GC_Track (list);
  if (!PyErr_Occurred () && error == NULL &&
      (received.count == limit ||
       PyList_SetSlice (list, received.count, (Py_ssize_t) limit, NULL) == 0))
    return list;

  Py_DECREF (list);

  return error == NULL ? NULL : raise_error (self, error);
}

static PyMethodDef queue_methods[] = {
  { "send", (PyCFunction) (void (*) (void)) queue_send, METH_FASTCALL | METH_KEYWORDS, send_doc },
  { "recv", (PyCFunction) (void (*) (void)) queue_recv, METH_FASTCALL | METH_KEYWORDS, recv_doc },
  { "receive", (PyCFunction) (void (*) (void)) queue_receive, METH_FASTCALL | METH_KEYWORDS,
    receive_doc },
  { "receive_many", (PyCFunction) (void (*) (void)) queue_receive_many,
    METH_FASTCALL | METH_KEYWORDS, receive_many_doc },
  { NULL },
};

/* Messages one after the other, with their sizes and priorities. */
typedef struct
{
  guint8 *bytes;
  gsize length;
  gsize capacity;
  gsize *sizes;
  guint *priorities;
  gsize n_messages;
} Batch;

static void
batch_clear (Batch *batch)
{
  PyMem_Free (batch->bytes);
  PyMem_Free (batch->sizes);
  PyMem_Free (batch->priorities);
}

static gboolean
batch_append (Batch *batch, const Message *message, guint priority)
{
  gsize needed = batch->length + message->length;

  if (needed > batch->capacity)
    {
      gsize capacity = MAX (needed, 2 * batch->capacity);
      guint8 *bytes = PyMem_Realloc (batch->bytes, capacity);

      if (bytes == NULL)
        {
          PyErr_NoMemory ();
          return FALSE;
        }
      batch->bytes = bytes;
      batch->capacity = capacity;
    }

  if (message->length > 0)
    memcpy (batch->bytes + batch->length, message->bytes, message->length);
  batch->length = needed;
  batch->sizes[batch->n_messages] = message->length;
  batch->priorities[batch->n_messages++] = priority;

  return TRUE;
}

/* What one of the messages is, or one and its priority. */
static gboolean
batch_add (Batch *batch, PyObject *self, PyObject *item)
{
  PyObject *object = item, *number = NULL;
  Message message;
  guint priority;
  gboolean is_added;

  if (PyTuple_Check (item))
    {
      Py_ssize_t size = PyTuple_GET_SIZE (item);

      if (size != 2)
        {
          if (size < 2)
            PyErr_Format (PyExc_ValueError, "not enough values to unpack (expected 2, got %zd)",
                          size);
          else
            PyErr_SetString (PyExc_ValueError, "too many values to unpack (expected 2)");
          return FALSE;
        }
      object = PyTuple_GET_ITEM (item, 0);
      number = PyTuple_GET_ITEM (item, 1);
    }

  if (!message_init (&message, object))
    return FALSE;

  is_added = get_priority (number, self, &priority) && batch_append (batch, &message, priority);
  message_clear (&message);

  return is_added;
}

static gboolean
batch_add_all (Batch *batch, PyObject *self, PyObject *items)
{
  Py_ssize_t n_items = PyTuple_GET_SIZE (items);

  batch->sizes = PyMem_New (gsize, n_items);
  batch->priorities = PyMem_New (guint, n_items);
  if (batch->sizes == NULL || batch->priorities == NULL)
    {
      PyErr_NoMemory ();
      return FALSE;
    }

  for (Py_ssize_t i = 0; i < n_items; i++)
    if (!batch_add (batch, self, PyTuple_GET_ITEM (items, i)))
      return FALSE;

  return TRUE;
}

/* As many as there is room for from the one with that number on. */
static gssize
send_from (MoodMessageQueue *queue,
           const Batch *batch,
           gsize first,
           gint64 timeout_us,
           GCancellable *cancellable,
           GError **error)
{
  gsize before = first > 0 ? batch->sizes[0] : 0;
  gsize n_left = batch->n_messages - first;

  return mood_message_queue_send_many (queue, batch->bytes + before, batch->length - before,
                                       batch->sizes + first, n_left, batch->priorities + first,
                                       n_left, timeout_us, cancellable, error);
}

/* Waits for room for the first. */
static gssize
wait_and_send (MoodMessageQueue *queue,
               const Batch *batch,
               const Patience *patience,
               GError **error)
{
  GCancellable *cancellable = patience->cancellable;

  if (patience->has_timeout)
    return send_from (queue, batch, 0, patience->timeout_us, cancellable, error);

  if (mood_message_queue_send (queue, batch->bytes, batch->sizes[0], batch->priorities[0],
                               cancellable, error) == -1)
    return -1;

  return 1 + MAX (send_from (queue, batch, 1, 0, cancellable, NULL), 0);
}

static gssize
send_batch (MoodMessageQueue *queue, const Batch *batch, const Patience *patience, GError **error)
{
  gboolean tries = patience->has_timeout && patience->timeout_us == 0;
  gboolean is_small = batch->length <= SMALL_MESSAGE_SIZE;
  gssize sent;

  if (!is_small)
    begin_waiting ();
  sent = send_from (queue, batch, 0, 0, patience->cancellable, error);
  if (!is_small)
    end_waiting ();
  if (sent != -1 || tries || !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return sent;

  g_clear_error (error);
  begin_waiting ();
  sent = wait_and_send (queue, batch, patience, error);
  end_waiting ();

  return sent;
}

PyDoc_STRVAR (
    send_many_doc,
    "send_many(queue, messages, cancellable, timeout)\n--\n\n"
    "How many of the messages were sent, each of which is bytes, or a tuple of them and a "
    "priority.");

static PyObject *
native_send_many (PyObject *module, PyObject *arguments)
{
  PyObject *self, *messages, *cancellable, *timeout, *items;
  MoodMessageQueue *queue;
  Batch batch = { NULL };
  GError *error = NULL;
  Patience patience;
  gssize sent = -1;

  if (!PyArg_ParseTuple (arguments, "O!OOO:send_many", queue_type, &self, &messages, &cancellable,
                         &timeout))
    return NULL;

  queue = get_queue (self);
  if (queue == NULL || !get_patience (cancellable, timeout, &patience))
    return NULL;

  /* A tuple of our own, which no code of the messages can change meanwhile. */
  items = PySequence_Tuple (messages);
  if (items == NULL)
    return NULL;

  if (batch_add_all (&batch, self, items))
    sent = send_batch (queue, &batch, &patience, &error);
  batch_clear (&batch);
  Py_DECREF (items);

  if (sent != -1)
    return make_count (sent);

  return error != NULL ? raise_error (self, error) : NULL;
}

/* None in the place of the error that the call would have to wait. */
static PyObject *
raise_error_or_return_none (PyObject *self, GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return raise_error (self, error);

  g_error_free (error);
  Py_RETURN_NONE;
}

PyDoc_STRVAR (try_to_send_doc,
              "try_to_send(queue, message, priority)\n--\n\n"
              "How many bytes were sent, or None if the queue is full.");

static PyObject *
native_try_to_send (PyObject *module, PyObject *arguments)
{
  const Patience none = { .has_timeout = TRUE };
  MoodMessageQueue *queue;
  GError *error = NULL;
  Message message;
  PyObject *self, *object;
  guint priority;
  gssize sent;

  if (!PyArg_ParseTuple (arguments, "O!OI:try_to_send", queue_type, &self, &object, &priority))
    return NULL;

  queue = get_queue (self);
  if (queue == NULL || !message_init (&message, object))
    return NULL;

  sent = send_message (queue, &message, priority, &none, &error);
  message_clear (&message);

  return sent != -1 ? make_count (sent) : raise_error_or_return_none (self, error);
}

PyDoc_STRVAR (try_to_receive_doc,
              "try_to_receive(queue)\n--\n\n"
              "A message and its priority, or None if there is none.");

static PyObject *
native_try_to_receive (PyObject *module, PyObject *self)
{
  const Patience none = { .has_timeout = TRUE };
  MoodMessageQueue *queue;
  gboolean is_lost = FALSE;
  GError *error = NULL;
  PyObject *pair;

  if (!PyObject_TypeCheck (self, queue_type))
    {
      PyErr_Format (PyExc_TypeError, "a queue is a Mood.MessageQueue, not %s",
                    Py_TYPE (self)->tp_name);
      return NULL;
    }

  queue = get_queue (self);
  if (queue == NULL)
    return NULL;

  pair = receive_pair (queue, mood_message_queue_get_msgsize (queue), &none, &is_lost, &error);

  return error == NULL ? pair : raise_error_or_return_none (self, error);
}

/* Takes a reference to an attribute of a module of the override. */
static gboolean
take_attribute (const char *module_name, const char *name, PyObject **attribute)
{
  PyObject *module = PyImport_ImportModule (module_name);

  if (module == NULL)
    return FALSE;

  Py_XSETREF (*attribute, PyObject_GetAttrString (module, name));
  Py_DECREF (module);

  return *attribute != NULL;
}

PyDoc_STRVAR (bind_doc,
              "bind(type, cancellable_type)\n--\n\n"
              "Gives the type of the queues the methods that are written here.");

static PyObject *
native_bind (PyObject *module, PyObject *arguments)
{
  PyTypeObject *type, *cancellable;

  if (!PyArg_ParseTuple (arguments, "O!O!:bind", &PyType_Type, &type, &PyType_Type, &cancellable))
    return NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (functions); i++)
    if (!take_attribute (functions[i].module, functions[i].name, functions[i].function))
      return NULL;

  for (PyMethodDef *method = queue_methods; method->ml_name != NULL; method++)
    {
      PyObject *descriptor = PyDescr_NewMethod (type, method);
      int result = descriptor != NULL
                       ? PyObject_SetAttrString ((PyObject *) type, method->ml_name, descriptor)
                       : -1;

      Py_XDECREF (descriptor);
      if (result == -1)
        return NULL;
    }

  Py_INCREF (type);
  Py_XSETREF (queue_type, type);
  Py_INCREF (cancellable);
  Py_XSETREF (cancellable_type, cancellable);

  mood_set_interrupt_func (run_signal_handlers);

  Py_RETURN_NONE;
}

static PyMethodDef native_functions[] = {
  { "bind", native_bind, METH_VARARGS, bind_doc },
  { "send_many", native_send_many, METH_VARARGS, send_many_doc },
  { "try_to_receive", native_try_to_receive, METH_O, try_to_receive_doc },
  { "try_to_send", native_try_to_send, METH_VARARGS, try_to_send_doc },
  { NULL },
};

static struct PyModuleDef native_module = {
  PyModuleDef_HEAD_INIT,
  .m_name = "_native",
  .m_size = -1,
  .m_methods = native_functions,
};

PyMODINIT_FUNC PyInit__native (void);

PyMODINIT_FUNC
PyInit__native (void)
{
  return PyModule_Create (&native_module);
}
