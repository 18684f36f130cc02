"""Settings: environment variables with the prefix ``DIENHINH_``, or a ``.env`` file in the working folder."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kernel.addresses import networks_of


def _networks(written: str | None) -> str | None:
    networks_of(written or "")
    return written


class Settings(BaseSettings):
    """Everything an operator can set. ``docs/operations.md`` lists the same names with examples."""

    model_config = SettingsConfigDict(env_prefix="DIENHINH_", env_file=".env", extra="ignore")

    database_url: Annotated[
        str | None,
        Field(description="postgresql:// address of a PostgreSQL 15-18 server; none = the embedded PostgreSQL 18"),
    ] = None
    data_dir: Annotated[Path, Field(description="Where the embedded database keeps its files")] = Path("var")
    pool_size: Annotated[int, Field(ge=1, le=500, description="Database connections per worker process")] = 20
    statement_timeout_ms: Annotated[int, Field(ge=0, description="Longest single statement; 0 = no limit")] = 30_000

    trusted_proxies: Annotated[
        str | None,
        AfterValidator(_networks),
        Field(description="Addresses and networks of proxies whose X-Forwarded-For is believed, by commas"),
    ] = None

    issuer: Annotated[str, Field(description="`iss` of access tokens")] = "dienhinh"
    audience: Annotated[str, Field(description="`aud` of access tokens")] = "dienhinh-api"
    access_token_seconds: Annotated[int, Field(ge=60, le=3600)] = 900
    session_days: Annotated[int, Field(ge=1, le=90, description="A session ends after this many days")] = 14

    max_body_bytes: Annotated[int, Field(ge=1024, description="Largest JSON body accepted")] = 2_000_000
    max_submission_bytes: Annotated[
        int, Field(ge=1024, description="Largest body of many bundles (NDJSON); one bundle is bound by max_body_bytes")
    ] = 200_000_000
    max_act_bytes: Annotated[
        int,
        Field(ge=1024, description="Largest body of a reorganisation: the act on the whole nation has 10,794 lines"),
    ] = 8_000_000
    body_timeout_seconds: Annotated[float, Field(gt=0, description="Longest wait for a whole request body")] = 30.0

    attachments_url: Annotated[
        str | None, Field(description="Where evidence files are kept: a folder or s3://bucket/prefix; none = data_dir")
    ] = None
    attachments_endpoint: Annotated[str | None, Field(description="Address of an S3-compatible store; none = AWS")] = (
        None
    )
    attachments_region: Annotated[str, Field(description="Region of the bucket")] = "us-east-1"
    attachments_access_key_id: str | None = None
    attachments_secret_access_key: SecretStr | None = None
    max_attachment_bytes: Annotated[int, Field(ge=1024, description="Largest evidence file accepted")] = 25_000_000
    upload_timeout_seconds: Annotated[float, Field(gt=0, description="Longest wait for a whole upload")] = 300.0

    jobs: Annotated[
        Literal["on", "off"], Field(description="Whether `serve` also works on jobs; off = `dienhinh worker` does")
    ] = "on"
    webhook_allow: Annotated[
        str | None, Field(description="Hosts and networks webhooks may go to although they are not public, by commas")
    ] = None
    webhook_ports: Annotated[str, Field(description="Ports webhooks may go to, by commas")] = "443"
    smtp_url: Annotated[
        SecretStr | None, Field(description="smtp://user:password@host:port or smtps://...; none = no e-mail")
    ] = None
    smtp_sender: Annotated[str | None, Field(description="Sender of e-mail")] = None

    clock_offset_seconds: Annotated[
        int,
        Field(description="Added to the domain clock (demonstrations); tokens and sessions keep real time"),
    ] = 0
    log_format: Annotated[Literal["auto", "json", "console"], Field(description="auto = JSON outside a terminal")] = (
        "auto"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    demo_password: Annotated[SecretStr | None, Field(description="Password of all demo accounts")] = None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
