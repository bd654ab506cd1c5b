"""Says something and ends, as a server with a broken configuration does."""

import sys

print("reading the configuration", flush=True)
sys.exit("the last words of a server")
