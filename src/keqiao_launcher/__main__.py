"""`python -m keqiao_launcher`, as the shell script `keqiao` calls it."""

import sys

from keqiao_launcher.command import main

sys.exit(main())
