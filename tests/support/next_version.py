"""The settings of a version whose static files are others: those of the folders in NEXT_VERSION."""

import json
import os

from config.settings import *  # noqa: F403

STATICFILES_DIRS = json.loads(os.environ["NEXT_VERSION"])
