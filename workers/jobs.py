"""Which function runs which durable task.

SHORT functions take the session of the task's own transaction and the task's arguments.
BATCHED functions take the session and, for an argument `thing`, the `things` of all the tasks that are due:
they are done in one transaction, or each in its own when that fails.
LONG functions take the claim, its lease and the arguments, do slow work outside of any transaction,
and return the finisher that runs in the task's own transaction.
"""

from collections.abc import Callable, Mapping

from workers import (
    alarms,
    closing,
    credit,
    finance,
    gate,
    insight,
    integrity,
    leftovers,
    media,
    monthly,
    orphans,
    outbound,
    payees,
    posters,
    publishing,
    reencoding,
    reports,
    rollups,
    sandbox,
    touches,
)
from workers.lease import Finisher

SHORT: Mapping[str, Callable[..., None]] = {
    "alerts.announce": alarms.announce,
    "donations.expire": credit.expire,
    "gate.learn": gate.learn,
    "payees.look": payees.look,
    "integrity.catch_up": integrity.catch_up,
    "integrity.look": integrity.look,
    "ledger.snapshot": finance.snapshot,
    "sandbox.dispute": sandbox.dispute,
    "sandbox.fail_refund": sandbox.fail_refund,
    "sandbox.pay_out": sandbox.pay_out,
    "sandbox.renew": sandbox.renew,
    "videos.publish_scheduled": publishing.publish_scheduled,
    "reports.send_due": reports.send_due,
    "rollups.people": rollups.people,
    "rollups.rebuild_people": rollups.rebuild_people,
    "rollups.touches": rollups.touches,
    "touches.forget": touches.forget,
}
BATCHED: Mapping[str, Callable[..., None]] = {"credit.settle": credit.settle}
# What is done before tasks of a kind are, outside of their transaction: a gift is credited by what its donor
# touched, so that has to be written down first.
FIRST: Mapping[str, Callable[[], object]] = {"credit.settle": touches.write}
LONG: Mapping[str, Callable[..., Finisher]] = {
    "media.preview": media.preview,
    "media.ladder": media.ladder,
    "media.poster": posters.make,
    "media.reencode": reencoding.reencode,
    "media.sweep_orphans": leftovers.sweep,
    "media.sweep_all": orphans.daily,
    "donations.reconcile": finance.reconcile,
    "donations.refund": finance.refund,
    "payees.refresh": payees.refresh,
    "donations.close_open": closing.close_open,
    "donations.close_page": gate.close_page,
    "insight.work_out": insight.work_out,
    "monthly.hold": monthly.hold,
    "monthly.take_card": monthly.take_card,
    "mail.send": outbound.send_mail,
    "reports.make_file": reports.make_file,
    "reports.expire": reports.expire,
    "sandbox.deliver": outbound.deliver_sandbox_event,
}
