"""The application, with paths that hold the process (tests/support/stubborn.py)."""

from config import asgi
from tests.support import stubborn

application = stubborn.holding(asgi.application)
