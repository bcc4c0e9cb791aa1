#!/usr/bin/env python3
"""Writes docs/examples/portfolio.csv.gz: made-up debts that walk the whole life cycle.

Usage: make_portfolio.py OUT.csv.gz            writes it
       make_portfolio.py --check OUT.csv.gz    exits 1 unless it holds just that

Nobody in it is real and nothing is random: every choice comes from a 64-bit integer generator
with a fixed seed, so that the same bytes come out everywhere.  Amounts are US cents.
"""
import datetime
import gzip
import sys

CASES = 2400
SEED = 20230102
FIRST = datetime.date(2023, 1, 2)
LAST = datetime.date(2025, 3, 31)
LEAST_SUIT = 100_000
COURT_COSTS = 18_500
HEADER = "case_id,seq,event,date,debt_class,product,amount_cents,due_date,name,detail,cycle"


class Dice:
    """xorshift64*: integers only."""

    def __init__(self, seed):
        self.state = seed

    def roll(self, low, high):
        self.state ^= self.state >> 12
        self.state ^= (self.state << 25) & (2**64 - 1)
        self.state ^= self.state >> 27
        return low + ((self.state * 0x2545F4914F6CDD1D) % 2**64 >> 33) % (high - low + 1)


class Debt:
    """One case: its rows so far, and what is left to pay."""

    def __init__(self, number, dice):
        self.dice = dice
        self.id = f"D{number:05d}"
        self.commercial = dice.roll(1, 100) <= 35
        self.product = ("invoice", "equipment-lease")[dice.roll(0, 1)] if self.commercial else \
            ("credit-card", "utility", "telecom", "medical")[dice.roll(0, 3)]
        self.amount = dice.roll(300, 9000) * 100 if self.commercial else dice.roll(60, 2500) * 100
        self.amount += dice.roll(0, 99)
        self.opened = FIRST + datetime.timedelta(dice.roll(0, 800))
        self.due = self.opened + datetime.timedelta(30)
        self.rows = []
        self.left = self.amount
        self.payments = 0
        self.told = ""
        self.add("open", self.opened, self.amount)

    def add(self, event, day, amount="", name="", detail=""):
        self.rows.append((day, event, amount, name, detail))

    def after_due(self, low, high):
        return self.due + datetime.timedelta(self.dice.roll(low, high))

    def pay(self, day, amount, how="transfer"):
        self.payments += 1
        name = f"P{self.payments}"
        self.add("payment", day, amount, name, how)
        self.left -= amount
        self.correct(day)
        return name

    def furnish(self, day, account_status):
        """Consumer bureaus take consumer debts, medical ones not yet; the customer is told first."""
        if not self.commercial and self.product != "medical":
            self.add("told", day - datetime.timedelta(3), detail="post")
            self.add("furnished", day, self.left, detail=account_status)
            self.told = account_status

    def correct(self, day):
        """What a bureau was told is put right when it changes."""
        if self.told:
            self.add("corrected", day + datetime.timedelta(4), self.left, detail=self.told)

    def part(self):
        return max(100, self.left * self.dice.roll(20, 60) // 100)


def on_time(debt):
    debt.pay(debt.due - datetime.timedelta(debt.dice.roll(0, 9)), debt.left)


def after_reminder(debt):
    debt.add("reminder", debt.after_due(3, 8), detail="email")
    debt.pay(debt.after_due(9, 24), debt.left)


def after_contact(debt):
    debt.add("reminder", debt.after_due(4, 12), detail="email")
    debt.pay(debt.after_due(31, 34), debt.part())
    debt.pay(debt.after_due(36, 44), debt.left)


def after_demand(debt):
    debt.add("demand", debt.after_due(46, 48), detail="post")
    debt.pay(debt.after_due(49, 58), debt.left, "card")


def internal(debt):
    debt.add("demand", debt.after_due(46, 48), detail="post")
    debt.pay(debt.after_due(62, 75), debt.part(), "card")
    debt.pay(debt.after_due(76, 88), debt.left, "card")


def disputed_rejected(debt):
    debt.add("dispute", debt.after_due(15, 40), 0, "X1", "amount")
    debt.add("dispute_rejected", debt.after_due(55, 80), 0, "X1")
    if debt.dice.roll(0, 1):
        debt.pay(debt.after_due(85, 120), debt.left)


def disputed_upheld(debt):
    debt.add("dispute", debt.after_due(10, 30), 0, "X1", "not_mine")
    debt.add("dispute_upheld", debt.after_due(40, 60), 0, "X1")


def disputed_in_part(debt):
    less = debt.left * debt.dice.roll(10, 40) // 100
    debt.add("dispute", debt.after_due(10, 30), less, "X1", "goods")
    debt.add("dispute_in_part", debt.after_due(35, 60), less, "X1")
    debt.left -= less
    debt.pay(debt.after_due(62, 85), debt.left)


def bounced(debt):
    name = debt.pay(debt.after_due(5, 20), debt.left, "check")
    debt.add("bounced", debt.after_due(23, 28), "", name)
    debt.left = debt.amount
    if debt.dice.roll(0, 1):
        debt.pay(debt.after_due(100, 170), debt.left)


def placed_and_paid(debt):
    debt.add("demand", debt.after_due(46, 48), detail="post")
    debt.pay(debt.after_due(100, 130), debt.part())
    debt.pay(debt.after_due(135, 175), debt.left)


def placed_and_reported(debt):
    debt.furnish(debt.after_due(125, 140), "93")
    if debt.dice.roll(0, 2) == 0:
        debt.pay(debt.after_due(150, 178), debt.left)


def charged_off(debt):
    debt.add("demand", debt.after_due(46, 48), detail="post")
    if debt.dice.roll(0, 1):
        debt.pay(debt.after_due(50, 110), debt.part())
    debt.furnish(debt.after_due(190, 215), "97")
    if debt.dice.roll(0, 3) == 0:
        debt.pay(debt.after_due(230, 330), debt.part())


def reactivated(debt):
    charged_off(debt)
    debt.pay(debt.after_due(560, 600), max(100, debt.left // 2))


def sued(debt):
    """From the agency to court; below the least balance of the policies' gate it stays with the agency."""
    debt.add("demand", debt.after_due(46, 48), detail="post")
    if debt.left < LEAST_SUIT:
        return
    debt.add("lives", debt.after_due(60, 90), detail="county court")
    debt.add("scra", debt.after_due(92, 98), detail="not_on_duty")
    released = debt.after_due(99, 108)
    debt.add("release", released, name="general counsel", detail=released + datetime.timedelta(3 * 365))
    debt.add("suit", debt.after_due(110, 118), debt.left, detail="county court")
    debt.furnish(debt.after_due(119, 122), "93")
    if debt.dice.roll(1, 6) == 1:
        debt.add("dismissed", debt.after_due(125, 150), detail="false")
        return
    judged = debt.after_due(125, 145)
    debt.add("judgment", judged, debt.left, detail=COURT_COSTS)
    debt.left += COURT_COSTS
    debt.correct(judged)
    if debt.dice.roll(0, 1):
        debt.pay(debt.after_due(152, 177), debt.left)
        debt.add("satisfied", debt.after_due(178, 179))


def hardship(debt):
    debt.add("hardship", debt.after_due(12, 28), detail="unemployment")
    debt.add("hardship_over", debt.after_due(70, 95))
    debt.pay(debt.after_due(110, 170), debt.part())


def bankrupt(debt):
    debt.add("bankrupt", debt.after_due(50, 58), detail=7)
    if debt.dice.roll(0, 1):
        debt.add("discharged", debt.after_due(80, 88), detail="true")


def settled(debt):
    """Three fifths by a day, and the rest forgiven."""
    part = debt.left * 6 // 10 + 1
    last = debt.after_due(86, 88)
    debt.add("demand", debt.after_due(46, 48), detail="post")
    debt.add("settle_offer", debt.after_due(62, 64), part, detail=last)
    debt.add("settle_accept", debt.after_due(66, 68))
    debt.pay(debt.after_due(70, 80), part)


def in_parts(debt):
    """Three parts a month apart; every third debtor stops after the first."""
    part = (debt.left + 2) // 3
    first = debt.after_due(66, 68)
    debt.add("plan_offer", debt.after_due(61, 62), part, 3, first)
    debt.add("plan_accept", debt.after_due(63, 64))
    debt.pay(first, part)
    if debt.dice.roll(1, 3) == 1:
        return
    debt.pay(first + datetime.timedelta(27), part)
    debt.pay(first + datetime.timedelta(55), debt.left)


def ceased(debt):
    debt.add("cease", debt.after_due(32, 38), detail="letter")
    debt.pay(debt.after_due(60, 85), debt.left)


def deceased(debt):
    debt.add("deceased", debt.after_due(33, 58), detail=debt.after_due(25, 32))


def two_debtors(debt):
    """Both were reached; the second one's attorney took over."""
    debt.add("joint", debt.opened + datetime.timedelta(1), detail=2)
    debt.add("prefers", debt.after_due(1, 2), detail="en")
    debt.add("consents", debt.after_due(2, 3), detail="email")
    debt.add("called", debt.after_due(31, 33), detail="conversation")
    debt.add("attorney", debt.after_due(34, 36), detail=1)
    debt.add("promise", debt.after_due(37, 38), debt.left, detail=debt.after_due(43, 44))
    debt.pay(debt.after_due(40, 42), debt.left)


def given_up(debt):
    debt.add("demand_letter", debt.after_due(46, 47), debt.left, detail=debt.after_due(54, 56))
    debt.add("uncollectible", debt.after_due(460, 500))


def blocked(debt):
    """A stolen identity that turned out to be none."""
    debt.add("idtheft", debt.after_due(20, 30))
    debt.add("moratorium", debt.after_due(31, 35), detail=debt.after_due(50, 55))


def goodwill(debt):
    less = debt.left // 10
    debt.add("goodwill", debt.after_due(15, 29), -less)
    debt.left -= less
    debt.pay(debt.after_due(30, 44), debt.left)


def cancelled(debt):
    debt.add("cancelled", debt.after_due(5, 50), detail="error")


def silent(_debt):
    """Nobody ever says or pays anything: time alone walks the case to its charge-off."""


LIVES = ((on_time, 14), (after_reminder, 10), (after_contact, 7), (after_demand, 7), (internal, 7),
         (disputed_rejected, 6), (disputed_upheld, 4), (disputed_in_part, 4), (bounced, 6), (placed_and_paid, 8),
         (placed_and_reported, 6), (charged_off, 6), (reactivated, 4), (sued, 6), (hardship, 3), (bankrupt, 2),
         (goodwill, 2), (cancelled, 1), (silent, 3), (settled, 4), (in_parts, 5), (ceased, 2), (deceased, 1),
         (two_debtors, 3), (given_up, 3), (blocked, 1))


def choose(dice):
    at = dice.roll(1, sum(weight for _, weight in LIVES))
    for life, weight in LIVES:
        at -= weight
        if at <= 0:
            return life
    raise AssertionError("weights do not add up")


def rows():
    dice = Dice(SEED)
    for number in range(1, CASES + 1):
        debt = Debt(number, dice)
        choose(dice)(debt)
        for seq, (day, event, amount, name, detail) in enumerate(sorted(debt.rows, key=lambda r: r[0]), 1):
            if day > LAST:
                break
            opening = event == "open"
            yield ",".join(str(x) for x in (
                debt.id, seq, event, day, "commercial" if debt.commercial else "consumer",
                debt.product if opening else "", amount, debt.due if opening else "", name, detail,
                f"{day:%Y%m}" if event in ("furnished", "corrected") else ""))


def main():
    text = ("\n".join([HEADER, *rows()]) + "\n").encode()
    if sys.argv[1] == "--check":
        with gzip.open(sys.argv[2]) as packed:
            same = packed.read() == text
        print("the same rows" if same else f"{sys.argv[2]} holds other rows: make it again")
        return 0 if same else 1
    with open(sys.argv[1], "wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
        packed.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
