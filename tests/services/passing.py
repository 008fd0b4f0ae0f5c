"""A process that cannot do it now."""

import sys

from app.services.imports import AGAIN

sys.exit(AGAIN)
