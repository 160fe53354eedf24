"""`python -m db.migrations "what changes"`: write the next revision file."""

import os
import sys

from db import migrations
from db.engine import open_engine

if __name__ == "__main__":
    open_engine(os.environ["DATABASE_URL"])
    migrations.write(" ".join(sys.argv[1:]))
