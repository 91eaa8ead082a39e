"""What uWSGI serves: Tryton's own WSGI application, with its registry filled before the first request comes."""

import gc

import refusals  # noqa: F401
import uwsgi
from trytond.application import app  # noqa: F401
from trytond.pool import Pool


def fill_registry():
    """In each worker, because a database connection does not survive a fork."""
    Pool("erp").init()


# What was read so far is for ever: looking at it during collections would only copy the pages that workers share.
gc.collect()
gc.freeze()
uwsgi.post_fork_hook = fill_registry
