"""Notices by e-mail, in Vietnamese. A message keeps its ``Message-ID`` however often it is tried."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from app.kernel.db import AnyRow
from app.kernel.settings import Settings
from app.reminders.texts import said

SMTP_SECONDS = 20.0
_FOOTER = "Thư này được gửi tự động từ hệ thống Điển Hình; vui lòng không trả lời."


@dataclass(frozen=True, slots=True)
class Mailer:
    """Where e-mail is handed over."""

    host: str
    port: int
    tls: bool
    """TLS from the first byte; otherwise STARTTLS where the server offers it."""
    username: str | None
    password: str | None
    sender: str

    async def send(self, message: EmailMessage) -> None:
        """Hand ``message`` over. Raises aiosmtplib.SMTPException or OSError."""
        await aiosmtplib.send(
            message,
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.tls,
            timeout=SMTP_SECONDS,
        )


def mailer_of(settings: Settings) -> Mailer | None:
    """The mailer that ``settings`` describe, or None. Raises ValueError for an address that is none."""
    if settings.smtp_url is None:
        return None
    if not settings.smtp_sender:
        raise ValueError("DIENHINH_SMTP_URL needs DIENHINH_SMTP_SENDER beside it")
    parts = urlsplit(settings.smtp_url.get_secret_value())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("DIENHINH_SMTP_URL must be smtp://host:port or smtps://host:port")
    tls = parts.scheme == "smtps"
    return Mailer(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587),
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        sender=settings.smtp_sender,
    )


def message_of(row: AnyRow, sender: str) -> EmailMessage:
    """The e-mail of a notice (a row of ``queries.to_mail``)."""
    text = said(row.kind, row.facts)
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(row.full_name, addr_spec=row.email)
    message["Subject"] = " ".join(text.title.vi.split())
    message["Message-ID"] = message_id(row.id, address)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{text.body.vi}\n\n-- \n{_FOOTER}\n")
    return message


def refused_for_good(fault: aiosmtplib.SMTPException) -> bool:
    """Whether trying again cannot help: the server refuses this message or this address, and not just for now."""
    if isinstance(fault, aiosmtplib.SMTPRecipientsRefused):
        return all(each.code >= 500 for each in fault.recipients)
    final = isinstance(fault, aiosmtplib.SMTPDataError | aiosmtplib.SMTPSenderRefused)
    return final and isinstance(fault, aiosmtplib.SMTPResponseException) and fault.code >= 500


def message_id(notice_id: UUID, sender_address: str) -> str:
    """The same for every attempt, so that mail servers know a repetition."""
    return f"<{notice_id}@{sender_address.rpartition('@')[2] or 'dienhinh'}>"
