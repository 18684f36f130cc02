"""The application: settings, life cycle, middleware, handlers and routes put together."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from importlib.metadata import version

from fastapi import FastAPI

from app import routes
from app.access.deps import Services
from app.identity.keys import Tokens, signing_keys, tokens_of
from app.identity.opening import CallerOpener
from app.kernel import logs, problems
from app.kernel.asgi import RequestLog
from app.kernel.clock import Clock
from app.kernel.db import Database, create_engine
from app.kernel.settings import Settings, get_settings

DESCRIPTION = """\
API của chương trình xây dựng **đơn vị điển hình** về phong trào toàn dân bảo vệ an ninh Tổ quốc.
*API of the programme that builds exemplary units in the all-people movement to protect national security.*

Đăng nhập: `POST /api/v1/auth/sessions`, rồi gửi `Authorization: Bearer ...`. Lỗi theo RFC 9457
(`application/problem+json`), tiếng Việt hoặc tiếng Anh theo `Accept-Language`. Mọi thay đổi cần `If-Match`.
"""


def wire(app: FastAPI, database: Database, clock: Clock, tokens: Tokens) -> None:
    """Give ``app`` what its requests use."""
    app.state.tokens = tokens
    app.state.services = Services(database, clock, CallerOpener(tokens.verifier, clock))


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application. Its database must be migrated: ``dienhinh serve`` and ``dienhinh migrate`` see to it."""
    settings = settings or get_settings()
    logs.configure(settings.log_format, settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _database(settings) as database:
            async with database.transaction() as session:
                tokens = tokens_of(await signing_keys(session), settings)
            wire(app, database, Clock(timedelta(seconds=settings.clock_offset_seconds)), tokens)
            yield

    app = FastAPI(
        title="Điển Hình",
        version=version("dienhinh"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    problems.install(app)
    app.add_middleware(RequestLog)
    routes.include(app)
    return app


def _database(settings: Settings) -> AbstractAsyncContextManager[Database]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Database]:
        assert settings.database_url, "the command line starts the embedded database and names it here"
        engine = create_engine(
            settings.database_url, pool_size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms
        )
        database = Database(engine)
        try:
            yield database
        finally:
            await database.dispose()

    return opened()
