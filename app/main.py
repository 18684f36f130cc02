"""The application: settings, life cycle, middleware, handlers and routes put together."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from importlib.metadata import version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from app import routes
from app.access.deps import Services
from app.attachments.storage import open_storage
from app.identity.key_uses import KeyUses
from app.identity.keys import Tokens, signing_keys, tokens_of
from app.identity.last_used import writing_down
from app.identity.opening import CallerOpener
from app.jobs import jobs_done
from app.kernel import embedded, logs, openapi, operations, problems
from app.kernel.addresses import ClientAddress, networks_of
from app.kernel.asgi import RequestLog
from app.kernel.clock import Clock
from app.kernel.db import Database, create_engine
from app.kernel.settings import Settings, get_settings
from app.webhooks.addresses import addresses_of

DESCRIPTION = """\
API của chương trình xây dựng **đơn vị điển hình** về phong trào toàn dân bảo vệ an ninh Tổ quốc.

*API of the programme that builds exemplary units in the all-people movement to protect national security.*

Đăng nhập bằng `POST /api/v1/auth/sessions`, rồi gửi `Authorization: Bearer ...`. Lỗi theo RFC 9457
(`application/problem+json`), bằng tiếng Việt, hoặc tiếng Anh với `Accept-Language: en`. Sửa, xóa hay chuyển trạng thái
thì gửi kèm `If-Match` với `ETag` đã đọc.

*Sign in with `POST /api/v1/auth/sessions`, then send `Authorization: Bearer ...`. Errors follow RFC 9457
(`application/problem+json`), in Vietnamese, or in English with `Accept-Language: en`. To edit, delete or move
something, send `If-Match` with the `ETag` you read.*
"""

# In the order in which a newcomer needs them.
TAGS = [
    {"name": name, "description": f"{vi} / {en}"}
    for name, vi, en in [
        ("identity", "Đăng nhập, phiên làm việc, tài khoản của tôi", "Sign-in, sessions, my own account"),
        ("units", "Đơn vị: tỉnh, huyện, xã, đơn vị cơ sở", "Units: provinces, districts, communes, base units"),
        ("reorganisations", "Sáp nhập, chia tách, đổi tên đơn vị", "Mergers, splits, renamings of units, by legal act"),
        ("registrations", "Đăng ký xây dựng đơn vị điển hình", "Registrations to become an exemplary unit"),
        ("evaluations", "Phiếu đánh giá, thẩm định, công nhận", "Evaluations, their verification, recognition"),
        ("submissions", "Nộp trọn gói, nộp bằng biểu Excel", "Whole bundles and workbooks in one call"),
        ("directives", "Văn bản chỉ đạo", "Directives and other issued documents"),
        ("propaganda", "Tuyên truyền, phát động phong trào", "Propaganda activities and launches"),
        ("situation", "Số liệu tình hình an ninh, trật tự", "Figures of security and order"),
        ("good-practices", "Mô hình, cách làm hay", "Good practices"),
        ("awards", "Đề nghị khen thưởng, chỉ tiêu, hình thức", "Proposals for awards, quotas, forms of award"),
        ("reports", "Báo cáo sơ kết", "Reports to a campaign"),
        ("forms", "Tám biểu mẫu thống kê", "The eight statistical forms"),
        ("form-sets", "Bộ biểu mẫu và các phiên bản", "Sets of forms and their versions"),
        ("document-templates", "Mẫu văn bản Word của đơn vị", "A unit's own Word templates"),
        ("attachments", "Minh chứng, tệp đính kèm", "Evidence files on records"),
        ("progress", "Bảng đôn đốc: ai đã nộp, ai còn thiếu", "The chasing board: who has handed in, who has not"),
        ("statistics", "Số liệu tổng hợp và bản ghi tạo nên số liệu", "Figures, and the records behind them"),
        ("campaigns", "Đợt sơ kết và các hạn", "Campaigns and their deadlines"),
        ("obligations", "Ai phải nộp gì, khi nào; gia hạn", "Who owes what by when; extensions"),
        ("criteria-sets", "Bộ tiêu chí và các phiên bản", "Criteria sets and their versions"),
        ("users", "Người dùng và quyền", "Users and what they may do"),
        ("service-accounts", "Tài khoản dịch vụ và khóa cho phần mềm", "Service accounts and keys for scripts"),
        ("reminders", "Nhắc hạn, đôn đốc đơn vị chưa nộp", "Reminders to units that have not handed in"),
        ("inbox", "Hộp thư đến của tôi", "My own inbox"),
        ("webhooks", "Báo sự kiện cho hệ thống khác", "Telling other systems of events"),
        ("changes", "Dòng thay đổi để phần mềm khác theo dõi", "The feed of changes, for other systems to follow"),
        ("integrity", "Kiểm tra tính toàn vẹn dữ liệu", "Whether the stored data is sound"),
        ("audit", "Nhật ký: ai đã làm gì, khi nào", "Audit events: who did what, when"),
        ("operations", "Tình trạng hệ thống", "State of the system"),
    ]
]


def wire(app: FastAPI, database: Database, clock: Clock, tokens: Tokens) -> None:
    """Give ``app`` what its requests use."""
    app.state.tokens = tokens
    app.state.key_uses = KeyUses()
    app.state.services = Services(database, clock, CallerOpener(tokens.verifier, clock, app.state.key_uses))


@asynccontextmanager
async def _address(settings: Settings) -> AsyncIterator[str]:
    """The database's address: the one given, or the embedded server's, held as long as the application lives."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = await asyncio.to_thread(embedded.start, settings.data_dir)
    try:
        yield server.url()
    finally:
        await asyncio.to_thread(server.stop)


def _collect_less() -> None:
    """What start-up made lives as long as the process: the collector need not look at it in every request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)


def _keep_settings(app: FastAPI, settings: Settings) -> None:
    """Give ``app`` the settings, and what requests ask of them; wrong ones stop the start."""
    app.state.settings = settings
    app.state.webhook_addresses = addresses_of(settings)


def _working(address: str, database: Database, settings: Settings) -> AbstractAsyncContextManager[None]:
    """This process's share of the jobs, unless ``dienhinh worker`` does them."""
    return jobs_done(address, database, settings) if settings.jobs == "on" else nullcontext()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application. Its database must be migrated: ``dienhinh serve`` and ``dienhinh migrate`` see to it."""
    settings = settings or get_settings()
    logs.configure(settings.log_format, settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _address(settings) as address:
            engine = create_engine(
                address, pool_size=settings.pool_size, statement_timeout_ms=settings.statement_timeout_ms
            )
            database = Database(engine)
            try:
                async with database.transaction() as session:
                    tokens = tokens_of(await signing_keys(session), settings)
                app.state.evidence = open_storage(settings)
                wire(app, database, Clock(timedelta(seconds=settings.clock_offset_seconds)), tokens)
                _collect_less()
                async with writing_down(app.state.key_uses, database), _working(address, database, settings):
                    yield
            finally:
                await database.dispose()

    app: FastAPI = FastAPIOffline(
        title="Điển Hình",
        version=version("dienhinh"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url="/docs",
        redoc_url=None,
        redirect_slashes=False,  # one address for one thing; a redirect would also repeat the Host it was sent
        lifespan=lifespan,
    )
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    _keep_settings(app, settings)
    problems.install(app)
    app.add_middleware(RequestLog)
    app.add_middleware(ClientAddress, trusted=networks_of(settings.trusted_proxies or ""))
    app.include_router(operations.routes)
    routes.include(app)
    return app
