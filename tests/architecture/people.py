"""One small world for the route × role test: who could knock, and what stands behind each address."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.models import Person
from app.core import clock
from app.core.ids import new_code
from app.core.models import Alert, Task
from app.core.money import Money
from app.core.settings import Settings
from app.credit import relay
from app.credit.models import CreditDispute, HeldPart
from app.donations import donors, monthly, receipts
from app.donations.models import Dispute, Donation, MonthlyGift
from app.finance.models import Difference, Payout
from app.gateways.models import KeptAttachment, KeptMail, SandboxPayment
from app.gateways.payments.contract import CardRequest
from app.gateways.payments.sandbox import cards, disputes, news, provider, refunds
from app.gateways.payments.sandbox.scripts import PLAIN_CARD
from app.nonprofits.models import Invitation, Nonprofit
from app.projects import updates
from app.reports import periods, report_mails, saved_views
from app.reports.files import orders
from app.reports.files.orders import Wanted
from app.reports.saved_views import Sketch
from app.videos.models import Upload, Video
from tests import factories

# The roles of those who work at the nonprofit behind the addresses; everybody else has none there.
ROLE_OF = {"owner": "owner", "editor": "editor", "finance": "finance", "viewer": "viewer"}
PERSONAS = ("anonymous", "stranger", "creator", "other creator", *ROLE_OF, "owner elsewhere", "admin")
OWNER_OF_OWN = "creator"  # whom the video, the upload and the invitation belong to


@dataclass(frozen=True)
class World:
    """People by persona, and a value for every name of a URL parameter."""

    people: dict[str, Person | None]
    values: dict[str, str]


def build(session: Session, settings: Settings) -> World:
    """Make everybody and everything."""
    people: dict[str, Person | None] = {"anonymous": None}
    made = {name: factories.person(session, name.title()) for name in PERSONAS if name != "anonymous"}
    made["admin"].is_admin = True
    people.update(made)
    at = factories.nonprofit(session, made["owner"])
    for name, role in ROLE_OF.items():
        if name != "owner":
            factories.member(session, at, made[name], role)
    factories.nonprofit(session, made["owner elsewhere"])
    factories.video(session, made["other creator"])
    return World(people, _values(session, settings, at, made))


def _values(session: Session, settings: Settings, at: Nonprofit, made: dict[str, Person]) -> dict[str, str]:
    now = clock.now()
    project = factories.project(session, at)
    video = factories.video(session, made[OWNER_OF_OWN], carries=project)
    gift = factories.donation(
        session, video, state="paid", captured_minor=1000, paid_at=now, reference=new_code(22)
    )
    payment = SandboxPayment(
        account="sandbox-x",
        idempotency="key",
        request={"monthly": True},
        amount_minor=1000,
        currency="EUR",
        description="A gift",
        return_url="http://127.0.0.1:8000/d/x",
    )
    invitation = Invitation(
        nonprofit_id=at.id,
        email=made[OWNER_OF_OWN].email,
        role="viewer",
        invited_by_id=made["owner"].id,
        expires_at=now + timedelta(days=1),
    )
    mail = KeptMail(to="a@example.org", subject="A mail", text="Text", html="<p>Text</p>")
    mail.attachments = [KeptAttachment(name="a.pdf", content_type="application/pdf", body=b"%PDF")]
    receipt = receipts.ensure(session, gift.id)
    task = Task(name="mail.send", queue="outbound", args={}, run_after=now, dead_at=now, last_error="no")
    alert = Alert(kind="dead_task", subject="task:1", details={"task": "credit.settle"}, dedupe_key="one")
    session.add_all([payment, invitation, mail, task, alert])
    session.flush()
    return {
        "nonprofit_code": at.code,
        "project_code": project.code,
        "video_code": video.code,
        "donation_code": gift.code,
        "donation_number": gift.number,
        "receipt_code": receipt.code,
        "receipt_number": str(receipt.number),
        "caption_code": factories.caption(session, video).code,
        "upload_code": _upload(session, made[OWNER_OF_OWN]).code,
        "document_code": factories.document(session, at, made["owner"]).code,
        "invitation_code": invitation.code,
        "person_code": made["viewer"].code,
        **_matters(session, at, gift, made[OWNER_OF_OWN].id),
        **_of_reports(session, at, made["owner"]),
        "credit_dispute_code": _credit_dispute(session, gift, video),
        "update_code": updates.post(session, project, made["editor"].id, "News", "Words").code,
        "payment_code": payment.code,
        **_at_the_provider(session, payment),
        "task_id": str(task.id),
        "alert_id": str(alert.id),
        "mail_id": str(mail.id),
        "attachment_number": "1",
        "provider": "sandbox",
        "share_token": relay.own_token(relay.make(session, video.id, "").code, settings.secret_key),
        "tag": project.tag,
        "donor_token": donors.link_token(gift, settings.secret_key),
        "monthly_token": monthly.link_token(_monthly_gift(session, gift), settings.secret_key),
        "token": passwords.reset_token(made["stranger"], settings.secret_key),
    }


def _matters(session: Session, at: Nonprofit, gift: Donation, creator_id: int) -> dict[str, str]:
    """What the desk looks at: a dispute, a payout, a difference, a held part of a gift."""
    dispute = Dispute(donation_id=gift.id, reference="dp", amount_minor=1000)
    payout = Payout(
        payment_account_id=gift.payment_account_id,
        reference="po",
        amount_minor=1000,
        currency=gift.currency,
        state="in_transit",
    )
    difference = Difference(
        kind="never_legal",
        reference="event",
        nonprofit_id=at.id,
        donation_id=gift.id,
        details={"told": 100, "currency": gift.currency},
    )
    held = HeldPart(
        donation_id=gift.id,
        creator_id=creator_id,
        nonprofit_id=at.id,
        project_id=gift.project_id,
        state="waiting",
    )
    session.add_all([dispute, payout, difference, held])
    session.flush()
    return {
        "bank_dispute_code": dispute.code,
        "held_code": held.code,
        "payout_code": payout.code,
        "difference_code": difference.code,
    }


def _of_reports(session: Session, at: Nonprofit, owner: Person) -> dict[str, str]:
    """A file of a report, a view that is kept, and its mail."""
    days = periods.between(date(2026, 1, 1), date(2026, 1, 31), at.time_zone)
    file = orders.ask(session, at, owner.id, Wanted("report", "csv", days, "en"))
    view = saved_views.keep(session, at, owner.id, Sketch("Every month", "creators", "last-month"))
    mail = report_mails.want(session, view, at, owner.id, "month", "pdf")
    return {"report_file_code": file.code, "saved_view_code": view.code, "report_mail_code": mail.code}


def _credit_dispute(session: Session, gift: Donation, video: Video) -> str:
    dispute = CreditDispute(
        donation_id=gift.id, video_id=video.id, creator_id=video.creator_id, words="It was mine."
    )
    session.add(dispute)
    session.flush()
    return dispute.code


def _monthly_gift(session: Session, first: Donation) -> MonthlyGift:
    monthly.begin(session, first)
    gift = session.get_one(MonthlyGift, first.monthly_gift_id)
    gift.state, gift.reference = "active", "subscription-x"
    session.flush()
    return gift


def _at_the_provider(session: Session, payment: SandboxPayment) -> dict[str, str]:
    """What the simulated provider has of a paid monthly payment: refund, dispute, subscription, event."""
    provider.pay(session, payment.code, PLAIN_CARD)
    refund = refunds.refund(session, payment, "key", Money(100, payment.currency))
    return {
        "refund_code": refund.code or "",
        "dispute_code": disputes.open_dispute(session, payment.code, "general").code,
        "subscription_code": payment.subscription,
        "card_page_code": cards.ask(session, _another_card(payment)).code,
        "event_code": news.of(session, payment)[0].code,
        "step": "pause",
    }


def _another_card(payment: SandboxPayment) -> CardRequest:
    there, back = payment.account, payment.return_url
    return CardRequest(there, payment.subscription, payment.currency, back, back, "key")


def _upload(session: Session, creator: Person) -> Upload:
    video: Video = factories.video(session, creator, state="uploading", publishing="draft")
    upload = Upload(
        video_id=video.id,
        object_key=f"sources/{new_code(22)}",
        multipart_id="gone",
        filename="clip.mp4",
        content_type="video/mp4",
        size=1000,
        part_size=1000,
    )
    session.add(upload)
    session.flush()
    return upload
