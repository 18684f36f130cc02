"""How fast the product is against the same SQL through bare Starlette and raw asyncpg: ``make bench``.

Never part of the test run; docs/benchmarks.md says what is compared. ``national.py`` invents the data set,
``loading.py`` stores it, ``scenarios.py`` says what is asked, ``recording.py`` learns the SQL from the product itself,
``raw.py`` replays it, ``client.py`` makes the load.
"""
