"""Credit reporting: files out of certified state, cycle after cycle, and what a bureau answers."""
import csv
import datetime
import gzip
import hashlib
import json
import os

import small
from consortium import Consortium, expect

PORTFOLIO = os.path.join(small.EXAMPLES, "portfolio.csv.gz")
MAP = os.path.join(small.EXAMPLES, "maps", "portfolio.yaml")
PROFILES = os.path.join(small.EXAMPLES, "metro2")
SALT = b"portfolio-demo"
CYCLES = ("2024-12-31", "2025-01-31", "2025-02-28", "2025-03-31")
LINE = 426


def case_id(name):
    return hashlib.sha256(b"tallystick/import-case/v1\0" + len(SALT).to_bytes(8, "big") + SALT
                          + name.encode()).hexdigest()[:32]


def portfolio():
    with gzip.open(PORTFOLIO, "rt", newline="") as stream:
        return list(csv.DictReader(stream))


def prepare(consortium):
    for policy in ("us-consumer", "us-commercial"):
        consortium["creditor"].run("policy", "publish", os.path.join(small.EXAMPLES, "policies", policy + ".yaml"))
    for agency in ("agency-a", "agency-b"):
        standing = ["--set", "accepts=true", "--set", "from_on=2000-01-01", "--set", "terms=test"]
        consortium[agency].run("submit", "PLACEMENT_STANDING", *standing, date="2000-01-01")


def import_until(consortium, day):
    """The portfolio's rows up to `day`, and the calendar; the height after it."""
    path = os.path.join(consortium.base, f"until-{day}.csv")
    rows = portfolio()
    with open(path, "w", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(r for r in rows if r["date"] <= day)
    done = consortium["creditor"].run("import", path, map=MAP, until=day, quarantine=path + ".quarantine", check=False)
    expect(done.returncode == 0, f"import until {day}: {done.stderr}")
    return consortium.agree()["height"]


def write_side(path, rng):
    """A person for each consumer debt; a few have a second one, an employer, another number."""
    columns = ("case,segment,ConsumerAccountNumber,Surname,FirstName,SocialSecurityNumber,DateBirth,ECOACode,"
               "CountryCode,FirstLineAddress,City,State,ZipCode,EmployerName").split(",")
    names = sorted({r["case_id"] for r in portfolio()})
    with open(path, "w", newline="") as out:
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        for number, name in enumerate(names):
            person = {"case": name, "SocialSecurityNumber": f"{900000000 + number:09}", "DateBirth": "1980-01-15"}
            joint = rng.random()
            writer.writerow({**person, "segment": "base", "ConsumerAccountNumber": "LN" + name, "Surname": "quillfeather",
                             "FirstName": "Ada", "ECOACode": "2" if joint < .2 else "1", "CountryCode": "US",
                             "FirstLineAddress": "100 Test St", "City": "Houston", "State": "TX", "ZipCode": "77002"})
            if joint < .1:
                writer.writerow({**person, "segment": "J1", "Surname": "quillfeather", "FirstName": "Bo", "ECOACode": "2"})
            elif joint < .2:
                writer.writerow({**person, "segment": "J2", "Surname": "Other", "FirstName": "Cy", "ECOACode": "2",
                                 "FirstLineAddress": "7 Far Rd", "City": "Dallas", "State": "TX", "ZipCode": "75001"})
            elif joint < .3:
                writer.writerow({"case": name, "segment": "N1", "EmployerName": "Acme"})


def exported(node, name, profile, side, **options):
    """A cycle's file: its path, its tradelines by account, and what was said about them."""
    path = os.path.join(node.consortium.base, name)
    done = node.run("metro2", "export", path, profile=os.path.join(PROFILES, profile), side=side, map=MAP, json=True,
                    check=False, **options)
    expect(done.returncode in (0, 8), f"export of {name} ended with {done.returncode}: {done.stderr}")
    return path, json.loads(done.stdout)


def clean(node, path, previous):
    """The checker, which knows nothing of ledgers, finds nothing."""
    words = ["--previous", previous] if previous else []
    done = node.consortium.tool("metro2", "check", path, "--json", *words, check=False)
    expect(done.returncode == 0, f"the checker finds in {path}: {done.stdout[:800]}")


def bases(path):
    with open(path, "rb") as stream:
        return [line for line in stream.read().split(b"\n") if line[4:5] == b"1"]


def history_goes_on(before, now):
    """Last month's status, then last month's history: as the standard has it, counted here again."""
    codes = {"11": "0", "71": "1", "78": "2", "80": "3", "82": "4", "83": "5", "84": "6", "93": "G", "97": "L"}
    known = {line[42:72]: line for line in before}
    compared = 0
    for line in now:
        old = known.get(line[42:72])
        if old is None:
            continue
        compared += 1
        status = old[123:125].decode()
        if status in codes:
            nothing = status == "11" and int(old[154:163]) == 0  # current, and nothing owed
            expect(line[126:127].decode() == ("E" if nothing else codes[status]), f"history of {line[42:72]} begins with {line[126:127]}")
            expect(line[127:150] == old[126:149], f"history of {line[42:72]} did not move on by a month")
        first, last = old[189:197], line[189:197]
        if first != b"0" * 8 and last != b"0" * 8:
            expect(last[4:] + last[:4] <= first[4:] + first[:4], f"first delinquency of {line[42:72]} moved later")
    return compared


def leaves_are_named(consortium, path, rng):
    """Each leaf a record names is in the log, under the hash it is named by: the log's own tiles say so."""
    tiles = os.path.join(consortium.base, "tiles-" + os.path.basename(path))
    consortium["bureau"].run("tiles", tiles)
    hashes = b""
    level = os.path.join(tiles, "tile", "0")
    for folder, _, files in sorted(os.walk(level)):
        for name in sorted(files):
            with open(os.path.join(folder, name), "rb") as stream:
                hashes += stream.read()
    with open(path + ".sources.csv", newline="") as stream:
        next(stream)
        rows = list(csv.DictReader(stream))
    records = len(bases(path))
    expect({int(r["record"]) for r in rows} == set(range(2, records + 2)), "a record names no leaves")
    whole = {hashes[i:i + 32].hex() for i in range(0, len(hashes), 32)}
    expect({r["leaf_hash"] for r in rows} <= whole, "a leaf is named by a hash the log does not have")
    for row in rng.sample(rows, 5):
        receipt = os.path.join(consortium.base, f"receipt-{row['leaf']}")
        consortium["bureau"].run("receipt", "get", row["leaf"], out=receipt)
        said = json.loads(consortium.tool("receipt", "verify", receipt, "--genesis", consortium.genesis, "--json").stdout)
        expect(said["type"] == row["type"] and said["date"] == row["date"], f"the receipt of leaf {row['leaf']}: {said}")
    return len(rows)


def metro2(build, rng):
    with Consortium(build) as consortium:
        consortium.start()
        prepare(consortium)
        side = os.path.join(consortium.base, "people.csv")
        write_side(side, rng)
        heights = {day: import_until(consortium, day) for day in CYCLES}
        export = os.path.join(consortium.base, "ledger.export")
        small.export(consortium, export)

        compared = lines = 0
        for member, profile in (("creditor", "creditor.yaml"), ("agency-a", "agency.yaml")):
            previous, before = None, []
            for day in CYCLES:
                options = {"previous": previous} if previous else {}
                path, said = exported(consortium[member], f"{member}-{day}.txt", profile, side, height=heights[day],
                                      **options)
                clean(consortium[member], path, previous)
                now = bases(path)
                expect(len(now) == sum("record" in r for r in said) > 0, f"{path}: {len(now)} records, said {len(said)}")
                if member == "creditor":
                    compared += history_goes_on(before, now)
                previous, before, lines = path, now, lines + len(now)

        owed = {c["case"]: c["owed_minor"] for c in consortium["creditor"].ask("query")}
        told = {r["case"]: r["balance"] for r in said if "record" in r}
        expect(all(balance in (0, owed[case] // 100) for case, balance in told.items()), "a balance is not the ledger's")
        packed, again = exported(consortium["agency-a"], "packed.dat", "agency.yaml", side, packed=True,
                                 height=heights[CYCLES[-1]], previous=os.path.join(consortium.base,
                                                                                  f"agency-a-{CYCLES[-2]}.txt"))
        expect([r for r in again if "record" in r] == [r for r in said if "record" in r],
               "packed and unpacked files say different things")
        clean(consortium["agency-a"], packed, None)
        same = os.path.join(consortium.base, "same.txt")
        consortium.tool("metro2", "export", same, "--ledger", export, "--profile", os.path.join(PROFILES, "agency.yaml"),
                        "--side", side, "--map", MAP, "--previous",
                        os.path.join(consortium.base, f"agency-a-{CYCLES[-2]}.txt"), check=False)
        with open(same, "rb") as one, open(path, "rb") as other:
            expect(one.read() == other.read(), "an export and a node give different files")
        named = leaves_are_named(consortium, path, rng)
        with open(export, "rb") as stream:
            expect(b"QUILLFEATHER" not in stream.read().upper(), "a name is on the ledger")
    print(f"{lines} tradelines in {2 * len(CYCLES)} files, {compared} histories moved on; {named} leaves named")


def few(consortium, day, count):
    """The first debts of the portfolio, and the calendar up to `day`."""
    path = os.path.join(consortium.base, "few.csv")
    rows = portfolio()
    with open(path, "w", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(r for r in rows if int(r["case_id"][1:]) <= count and r["date"] <= day)
    consortium["creditor"].run("import", path, map=MAP, until=day, quarantine=path + ".quarantine")
    consortium.agree()


def types_of(node, case):
    return [step["type"] for step in node.ask("case", "history", case)]


def acdv(build, rng):
    """A bureau's dispute, its term, its answer, the correction; acknowledgements and a rejection."""
    with Consortium(build) as consortium:
        consortium.start()
        prepare(consortium)
        side = os.path.join(consortium.base, "people.csv")
        write_side(side, rng)
        few(consortium, CYCLES[-1], 200)
        node, bureau = consortium["creditor"], consortium["bureau"]
        first, said = exported(node, "march.txt", "creditor.yaml", side, record=True)
        sent = [r["case"] for r in said if "record" in r]
        consortium.agree()
        expect(all("FURNISHED" in types_of(node, c) for c in rng.sample(sent, 3)), "what was furnished is not on the ledger")

        replies = os.path.join(consortium.base, "replies.csv")
        with open(replies, "w", encoding="ascii") as out:
            out.write("case,cycle,code\n" + "".join(f"{c},202503,{code}\n" for c, code in zip(sent, ("", "", "E-17"))))
        told = bureau.ask("metro2", "answers", replies, date="2025-04-01")
        expect(told == {"accepted": 2, "rejected": 1}, f"answers: {told}")
        consortium.agree()
        expect("BUREAU_ACK" in types_of(node, sent[0]) and "BUREAU_REJECT" in types_of(node, sent[2]), "answers are lost")

        owned = [c["case"] for c in node.ask("query") if c["case"] in sent and c["holder"] == "creditor"
                 and c["owed_minor"] > 5000 and c["stage"] not in ("paid", "cancelled")]
        changed, gone, late = rng.sample(owned, 3)
        for number, case in enumerate((changed, gone, late)):
            bureau.run("metro2", "acdv", "ask", case, control=f"C-{number}", reason="amount", date="2025-04-01")
        consortium.agree()
        waiting = {r["control"]: r for r in node.ask("metro2", "acdv")}
        expect(set(waiting) == {"C-0", "C-1", "C-2"} and waiting["C-0"]["case"] == changed, f"open: {waiting}")
        due = {r.get("due_on") for r in waiting.values()}
        expect(len(due) == 1 and None not in due, f"the last day to answer: {waiting}")
        flagged = exported(node, "flagged.txt", "creditor.yaml", side, previous=first, only=changed)[0]
        expect(bases(flagged)[0][152:154] == b"XB", "an open dispute is not flagged")

        before = node.ask("case", "show", changed)["owed_minor"]
        node.run("metro2", "acdv", "answer", changed, control="C-0", outcome="modified", corrected=1000, date="2025-04-05")
        node.run("metro2", "acdv", "answer", gone, control="C-1", outcome="delete", date="2025-04-05")
        consortium.agree()
        expect([r["control"] for r in node.ask("metro2", "acdv")] == ["C-2"], "what was answered is still open")
        expect(node.ask("case", "show", changed)["owed_minor"] == before - 1000, "the correction did not lower the debt")

        corrected, rows = exported(node, "aud.txt", "creditor.yaml", side, previous=flagged, only=changed, aud=True, record=True)
        line = bases(corrected)[0]
        expect(line[19:20] == b"1" and line[152:154] == b"XH" and int(line[154:163]) == (before - 1000) // 100,
               f"the correction: {line[:210]}")
        removed = exported(node, "gone.txt", "creditor.yaml", side, previous=first, only=gone, aud=True, record=True)[0]
        expect(bases(removed)[0][123:125] == b"DA", "what was taken back is not deleted")
        for path in (corrected, removed):
            clean(node, path, None)
        consortium.agree()
        expect("FURNISH_CORRECT" in types_of(node, changed) and "FURNISH_DELETE" in types_of(node, gone),
               "the corrections are not on the ledger")
        node.run("day", "close", until=f"{datetime.date.fromisoformat(max(due)) - datetime.timedelta(1)}")
        consortium.agree()
        early = [s for s in node.ask("case", "history", late) if s.get("rule") == "FC-09"]
        expect(not early, f"before {max(due)} is over it is still in time: {early}")
        node.run("day", "close")
        consortium.agree()
        expect("FC-09" in [s.get("rule") for s in node.ask("case", "history", late)], "nobody says that the answer is late")
    print(f"{len(sent)} furnished, 3 answers of a bureau, 3 disputes: one corrected, one deleted, one late")
