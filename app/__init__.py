"""Điển Hình: the programme of exemplary units, as a JSON API."""

import gc

# Start-up makes a great deal and frees nothing: looking it over again and again was a sixth of its time.
# ``app/main.py`` sets what holds while serving.
gc.set_threshold(50_000, 20, 100)
