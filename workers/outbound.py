"""Mail and the sandbox provider's deliveries: read, close the transaction, then talk to the outside."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.accounts import passwords
from app.accounts.models import Person
from app.core import clock, db, runtime
from app.core.tasks import Claim
from app.credit import credits
from app.credit.models import Credit
from app.donations import receipt_pdf, receipts
from app.donations.models import Donation
from app.donations.receipts import NoReceipt
from app.gateways import traffic
from app.gateways.mail import compose
from app.gateways.mail.mailer import Attachment, open_mailer
from app.gateways.models import SandboxEvent
from app.gateways.payments.sandbox import delivery
from app.nonprofits.models import Invitation, Nonprofit, Review
from app.videos.models import Video
from workers import alarms, credit_letters, donor_mail, gate, report_letters
from workers.lease import Finisher, GiveUp, Lease, nothing
from workers.letters import Letter, address


def send_mail(claim: Claim, _lease: Lease, *, mail: str, **ids: int) -> Finisher:
    """Write and send one mail; one that is no longer wanted is not sent."""
    if mail not in MAILS:
        raise GiveUp(f"there is no mail named {mail}")
    with db.unit_of_work() as session:
        letter = MAILS[mail](session, **ids)
    if letter is not None:
        attachments = [letter.attach()] if letter.attach else []
        key = f"task-{claim.task_id}"
        message = compose.write(mail, letter.to, letter.locale, letter.values, key, attachments)
        open_mailer(runtime.settings()).send(message)
    return nothing


def deliver_sandbox_event(_claim: Claim, _lease: Lease, *, event_id: int) -> Finisher:
    """Tell the platform of an event at the simulated provider; tried again until it is answered with 2xx."""
    with db.unit_of_work() as session:
        body = session.scalars(select(SandboxEvent.body).where(SandboxEvent.id == event_id)).one()
    delivery.deliver(runtime.settings(), body, traffic.transport())

    def mark(session: Session) -> None:
        event = session.get_one(SandboxEvent, event_id)
        event.delivered_at = event.delivered_at or clock.now()

    return mark


def password_reset(session: Session, *, person_id: int) -> Letter:
    """The link that sets a new password."""
    person = session.get_one(Person, person_id)
    settings = runtime.settings()
    token = passwords.reset_token(person, settings.secret_key)
    values = {"name": person.name, "link": address(f"/reset/{token}")}
    return Letter(person.email, person.locale, values)


def receipt(session: Session, *, donation_id: int) -> Letter | None:
    """Thanks for a gift that has arrived: how much, to whom, which video moved it, and its receipt.

    Nobody is thanked for a gift that went back meanwhile.
    """
    donation = session.scalars(
        select(Donation)
        .where(Donation.id == donation_id)
        .options(joinedload(Donation.nonprofit), joinedload(Donation.project))
    ).one()
    if not donation.email or donation.kept.minor == 0:
        return None
    attach = _receipt_file(session, donation)
    videos = session.execute(
        select(Video.title, Person.name.label("creator"))
        .join(Credit, Credit.video_id == Video.id)
        .join(Person, Person.id == Credit.creator_id)
        .where(Credit.donation_id == donation.id, credits.stands())
        .order_by(Credit.id)
    ).all()
    values = {
        "donor": donation.donor_name,
        "amount": donation.amount,
        "payee": donation.nonprofit.name,
        "project": donation.project.title,
        "paid_at": donation.paid_at,
        "number": donation.number,
        "videos": videos,
        "link": address(f"/d/{donation.code}"),
        "test_mode": donation.provider == "sandbox",
        "attached": attach is not None,
    }
    return Letter(donation.email, donation.locale, values, attach)


def _receipt_file(session: Session, donation: Donation) -> Callable[[], Attachment] | None:
    """Issue the receipt of a gift, and make its PDF later; None when the organisation has withdrawn it."""
    try:
        issued = receipts.ensure(session, donation.id)
    except NoReceipt:
        return None
    content, locale = receipts.content_of(issued), issued.locale

    def make() -> Attachment:
        name = receipt_pdf.file_name(content.number, locale)
        return Attachment(name, "application/pdf", receipt_pdf.receipt(content, locale))

    return make


def nonprofit_waiting(session: Session, *, nonprofit_id: int, person_id: int) -> Letter | None:
    """Tells an administrator that an organisation waits to be checked."""
    nonprofit = session.get_one(Nonprofit, nonprofit_id)
    admin = session.get_one(Person, person_id)
    if nonprofit.status != "submitted":
        return None
    values = {
        "name": admin.name,
        "nonprofit": nonprofit.name,
        "link": address(f"/admin/nonprofits/{nonprofit.code}"),
    }
    return Letter(admin.email, admin.locale, values)


def nonprofit_decision(session: Session, *, review_id: int, person_id: int) -> Letter:
    """Tells an owner what was decided on the organisation, and why."""
    review = session.get_one(Review, review_id)
    nonprofit = session.get_one(Nonprofit, review.nonprofit_id)
    owner = session.get_one(Person, person_id)
    values = {
        "name": owner.name,
        "nonprofit": nonprofit.name,
        "status": review.to_status,
        "reason": review.reason,
        "link": address(f"/desk/{nonprofit.code}"),
    }
    return Letter(owner.email, owner.locale, values)


def team_invitation(session: Session, *, invitation_id: int) -> Letter | None:
    """The link that joins a team, in the language of whoever invited."""
    invitation = session.scalars(
        select(Invitation).where(Invitation.id == invitation_id).options(joinedload(Invitation.nonprofit))
    ).one()
    if invitation.withdrawn_at is not None or invitation.accepted_at is not None:
        return None
    host = session.get_one(Person, invitation.invited_by_id)
    values = {
        "host": host.name,
        "nonprofit": invitation.nonprofit.name,
        "role": invitation.role,
        "until": invitation.expires_at,
        "link": address(f"/desk/invitations/{invitation.code}"),
    }
    return Letter(invitation.email, host.locale, values)


def video_taken_down(session: Session, *, video_id: int) -> Letter | None:
    """Tells a creator that a video was taken down, and why; not when it has been given back meanwhile."""
    video = session.get_one(Video, video_id)
    return _about_video(session, video) if video.publishing == "taken_down" else None


def video_restored(session: Session, *, video_id: int) -> Letter | None:
    """Tells a creator that a video is given back; not when it was taken down again meanwhile."""
    video = session.get_one(Video, video_id)
    return _about_video(session, video) if video.publishing != "taken_down" else None


def _about_video(session: Session, video: Video) -> Letter:
    creator = session.get_one(Person, video.creator_id)
    values = {
        "name": creator.name,
        "video": video.title,
        "reason": video.takedown_reason,
        "link": address(f"/studio/videos/{video.code}"),
    }
    return Letter(creator.email, creator.locale, values)


# Mail name (its folder in templates/emails) → who gets it and what it says; None when it is no longer wanted.
MAILS: dict[str, Callable[..., Letter | None]] = {
    "alert": alarms.alert,
    "confirm_gift": gate.confirm_gift,
    "credit_dispute": credit_letters.credit_dispute,
    "credit_question": credit_letters.credit_question,
    "donor_link": donor_mail.donor_link,
    "monthly_ended": donor_mail.monthly_ended,
    "monthly_failed": donor_mail.monthly_failed,
    "monthly_started": donor_mail.monthly_started,
    "nonprofit_decision": nonprofit_decision,
    "nonprofit_waiting": nonprofit_waiting,
    "password_reset": password_reset,
    "receipt": receipt,
    "report_mail_confirm": report_letters.report_mail_confirm,
    "report_ready": report_letters.report_ready,
    "team_invitation": team_invitation,
    "video_restored": video_restored,
    "video_taken_down": video_taken_down,
}
