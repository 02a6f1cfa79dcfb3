"""What every kind of unit shares, as ranges from which each unit of each made world draws its own values."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]
NEVER: Range = (0, 0)


@dataclass(frozen=True)
class Plan:
    """How a unit lives. A range is drawn once for each unit."""

    size: Range
    count: Range = (0, 1)  # units of this kind in a world
    net: str = ""  # where they meet: home office pool carrier vpn campus exits; "" is nowhere
    via: Range = NEVER  # share of their use that goes through it
    ips: Range = (1, 1)
    lease: Range = (1, 12)  # hours an account keeps one of the addresses
    devices: Range = NEVER  # accounts to a shared device; below 1 each has its own
    farmed: Range = (1, 1)  # share of the members on shared devices
    cards: Range = NEVER  # accounts to a shared card
    carded: Range = (1, 1)  # share of the members that pay by a shared card
    phones: Range = NEVER  # accounts to a phone
    mail: str = "free"  # free corp client numbered plus pattern throwaway
    bank: Range = NEVER  # templates they have in common
    banked: Range = NEVER  # share of their use that is from it
    part: Range = (0.3, 1)  # share of the bank that one account uses
    hours: str = "human"  # human office clock shift cron
    busy: Range = (0.5, 1.6)  # times the ordinary rate
    batch: Range = NEVER  # hours within which they were opened; 0 is each at its own time
    age: Range = (10, 600)  # days from opening to the end of the records
    life: Range = (900, 900)  # days of use
    meets: Range = NEVER  # sessions a day that they start together
    come: Range = (0.2, 0.7)
    late: Range = (60, 900)  # seconds, mean
    agent: Range = NEVER  # share with an agent of the unit's own
    invited: Range = NEVER
    banned: Range = NEVER


INNOCENT: dict[str, Plan] = {
    "household": Plan(
        (2, 6), (60, 140), "home", (0.6, 0.95), devices=(2, 4), farmed=(0, 0.6), cards=(2, 6),
        carded=(0, 1), phones=(1, 2), invited=(0, 0.5),
    ),
    "two_hats": Plan(
        (2, 2), (30, 80), "home", (0.5, 1), devices=(2, 2), farmed=(0.5, 1), cards=(2, 2), carded=(0, 1),
        bank=(2, 8), banked=(0, 0.4),
    ),
    "organisation": Plan(
        (5, 80), (12, 24), "office", (0.4, 0.95), (1, 4), mail="corp", cards=(8, 99), carded=(0.3, 1),
        bank=(4, 40), banked=(0.1, 0.7), hours="office", agent=(0, 0.6), invited=(0, 0.6), batch=(0, 4),
        meets=(0, 0.3), late=(200, 1500),
    ),
    "org_free": Plan(
        (5, 60), (3, 6), "office", (0.4, 0.95), (1, 3), cards=(8, 99), carded=(0.2, 1), bank=(4, 40),
        banked=(0.1, 0.7), hours="office", agent=(0, 0.6), invited=(0, 0.7), batch=(0, 30),
    ),
    "org_clock": Plan(
        (5, 80), (7, 14), "office", (0.5, 1), (1, 6), mail="corp", cards=(8, 99), carded=(0.5, 1),
        bank=(4, 60), banked=(0.3, 0.95), hours="clock", busy=(1, 4), agent=(0.2, 1), invited=(0, 0.4),
        meets=(0, 1), late=(20, 300),
    ),
    "agency": Plan(
        (3, 40), (2, 6), "office", (0.5, 1), (1, 2), devices=(2, 9), farmed=(0.5, 1), cards=(4, 40),
        carded=(0.4, 1), mail="client", bank=(5, 50), banked=(0.1, 0.6), hours="office", busy=(0.8, 3),
        agent=(0, 1), invited=(0, 0.9),
    ),
    "campus": Plan(
        (40, 200), (1, 2), "campus", (0.3, 0.8), mail="corp", bank=(3, 20), banked=(0, 0.2),
        invited=(0, 0.1),
    ),
    "library": Plan(
        (10, 50), (0, 2), "office", (0.3, 0.9), (1, 1), devices=(3, 10), farmed=(0.3, 0.9),
    ),
    "hotel": Plan(
        (10, 60), (0, 2), "office", (0.05, 0.4), (1, 2),
    ),
    "coworking": Plan(
        (10, 60), (0, 2), "office", (0.3, 0.8), (1, 2), hours="office",
    ),
    "cafe": Plan(
        (8, 30), (0, 1), "office", (0.5, 1), (1, 1), devices=(2, 6), busy=(0.3, 1),
    ),
    "test_accounts": Plan(
        (5, 60), (1, 3), "office", (0.8, 1), (1, 3), devices=(5, 60), cards=(5, 60), carded=(0, 1),
        mail="plus", bank=(2, 15), banked=(0.5, 1), hours="clock", busy=(0.2, 2), agent=(1, 1),
        batch=(0.1, 3), meets=(0, 2), come=(0.5, 1), late=(5, 60),
    ),
    "classroom": Plan(
        (12, 40), (1, 4), "office", (0.5, 1), (1, 1), devices=(1, 3), farmed=(0, 0.6), mail="numbered",
        bank=(3, 15), banked=(0.4, 0.95), busy=(0.1, 0.5), batch=(0.1, 1), age=(5, 60), meets=(0.1, 0.4),
        come=(0.6, 1), late=(60, 400),
    ),
    "hackathon": Plan(
        (30, 120), (0, 2), "office", (0.6, 1), (1, 3), bank=(5, 30), banked=(0, 0.4), busy=(2, 8),
        batch=(2, 20), age=(4, 30), life=(2, 4), invited=(0, 0.8), hours="clock", meets=(0.5, 2),
        come=(0.1, 0.5), cards=(30, 120), carded=(0, 0.6),
    ),
    "reseller": Plan(
        (15, 80), (1, 2), "office", (0.3, 1), (1, 4), cards=(10, 80), carded=(0.6, 1), agent=(0.5, 1),
        invited=(0.3, 1), mail="free",
    ),
    "outage": Plan(
        (20, 80), (0, 1), "office", (0.5, 0.95), (1, 2), cards=(20, 80), carded=(0, 0.7), bank=(4, 30),
        banked=(0.1, 0.6), hours="office",
    ),
    "conference": Plan(
        (40, 150), (0, 2), "office", (0.3, 0.9), (1, 4), batch=(6, 50), age=(5, 30), bank=(2, 8),
        banked=(0.1, 0.5), busy=(0.3, 1), invited=(0, 0.7), life=(3, 40),
    ),
    "ci_runner": Plan(
        (10, 60), (1, 2), "pool", (0.5, 1), (3, 12), (0.2, 2), hours="cron", agent=(0.7, 1), busy=(1, 2),
        bank=(2, 6), banked=(0, 0.5),
    ),
    "gift_cards": Plan(
        (15, 60), (0, 1), "campus", (0.2, 0.6), cards=(8, 40), carded=(0.6, 1), bank=(2, 10),
        banked=(0, 0.3),
    ),
    "call_centre": Plan(
        (15, 100), (0, 2), "office", (0.95, 1), (1, 2), devices=(15, 100), mail="pattern", bank=(4, 20),
        banked=(0.5, 0.95), hours="shift", busy=(1, 3), agent=(1, 1), batch=(1, 100), meets=(0, 1),
        late=(100, 600),
    ),
    "accelerator": Plan(
        (15, 60), (0, 1), "office", (0.3, 0.8), (1, 2), cards=(15, 60), carded=(0.5, 1), mail="client",
        hours="clock", busy=(1, 4), invited=(0.3, 1), batch=(0, 200),
    ),
    "vpn_refugees": Plan(
        (20, 100), (0, 2), "vpn", (0.8, 1), (4, 30), cards=(3, 12), carded=(0, 0.5), batch=(20, 200),
        age=(8, 35),
    ),
    "labelling": Plan(
        (15, 100), (0, 2), "office", (0.3, 0.9), (1, 3), cards=(5, 50), carded=(0.2, 0.9), mail="free",
        bank=(10, 60), banked=(0.5, 0.9), hours="shift", busy=(1, 4), invited=(0, 0.8), batch=(4, 200),
        meets=(0, 1), late=(200, 900),
    ),
    "app_users": Plan(
        (30, 200), (1, 2), bank=(4, 12), banked=(0.5, 1), part=(0.5, 1), agent=(0.8, 1), invited=(0, 0.3),
    ),
    "livestream": Plan(
        (20, 100), (0, 1), bank=(3, 8), banked=(0.4, 1), batch=(0.3, 2), age=(5, 40), invited=(0.2, 0.9),
        meets=(0, 0.1), come=(0.4, 0.8), late=(200, 1500),
    ),
    "housemates": Plan(
        (3, 8), (2, 8), "home", (0.5, 0.9), cards=(2, 8), carded=(0.3, 1), invited=(0, 0.8), bank=(2, 10),
        banked=(0, 0.3),
    ),
    "family_six": Plan(
        (6, 6), (1, 3), "home", (0.7, 1), devices=(2, 3), cards=(6, 6), carded=(0.5, 1), phones=(2, 6),
        batch=(0.5, 72), invited=(0.5, 1),
    ),
}  # fmt: skip

WORK: Range = (0.4, 0.95)  # share of a ring's use that is its work
RING: dict[str, Plan] = {
    "cards": Plan(
        (8, 120), cards=(3, 10), carded=(0.6, 1), bank=(10, 200), banked=(0.1, 0.6), part=(0.1, 0.5),
        hours="clock", busy=(1, 5), banned=(0, 0.2),
    ),
    "device_farm": Plan(
        (8, 150), net="exits", via=(0.3, 1), ips=(50, 600), devices=(3, 12), farmed=(0.6, 1),
        bank=(10, 200), banked=WORK, part=(0.1, 0.5), hours="clock", busy=(1, 5), banned=(0, 0.2),
    ),
    "proxy_pool": Plan(
        (8, 200), net="pool", via=(0.6, 1), ips=(5, 60), lease=(0.2, 48), bank=(10, 300), banked=WORK,
        part=(0.05, 0.5), mail="pattern", hours="clock", busy=(1, 5), agent=(0, 1), meets=(0, 2),
        banned=(0, 0.2),
    ),
    "exits": Plan(
        (10, 200), net="exits", via=(0.9, 1), ips=(200, 3000), lease=(0.1, 0.5), bank=(10, 200),
        banked=WORK, part=(0.1, 0.6), hours="clock", busy=(1, 5), agent=(0, 1), meets=(0, 3), cards=(5, 20),
        carded=(0, 0.5),
    ),
    "carrier": Plan(
        (8, 100), net="carrier", via=(0.8, 1), devices=(2, 6), farmed=(0.2, 0.9), bank=(10, 150),
        banked=WORK, part=(0.1, 0.6), busy=(1, 4), phones=(1, 6), meets=(0, 2),
    ),
    "campus_poison": Plan(
        (6, 60), net="campus", via=(0.5, 1), devices=(2, 6), farmed=(0.2, 0.8), bank=(10, 100), banked=WORK,
        part=(0.1, 0.6), cards=(3, 10), carded=(0, 0.6), busy=(0.8, 3),
    ),
    "bridge": Plan(
        (10, 100), net="pool", via=(0.4, 1), ips=(4, 40), lease=(0.5, 48), devices=(2, 8), farmed=(0, 0.7),
        cards=(3, 12), carded=(0.2, 0.8), bank=(10, 150), banked=WORK, part=(0.1, 0.5), hours="clock",
        busy=(1, 4), banned=(0, 0.3),
    ),
    "tiny": Plan(
        (3, 5), net="pool", via=(0, 0.8), ips=(1, 4), devices=(2, 5), farmed=(0, 1), cards=(2, 5),
        carded=(0.3, 1), bank=(5, 60), banked=WORK, part=(0.3, 1), hours="clock", busy=(1, 8), meets=(0, 2),
        batch=(0, 10),
    ),
    "ban_replace": Plan(
        (8, 80), net="pool", via=(0.3, 1), ips=(3, 30), devices=(3, 10), farmed=(0.3, 1), cards=(3, 10),
        carded=(0.2, 0.9), bank=(10, 150), banked=WORK, part=(0.2, 0.8), hours="clock", busy=(2, 8),
    ),
    "mixed80": Plan(
        (10, 150), net="pool", via=(0.15, 0.3), ips=(4, 40), devices=(2, 8), farmed=(0.1, 0.5),
        cards=(3, 10), carded=(0.2, 0.6), bank=(10, 150), banked=(0.15, 0.25), part=(0.1, 0.5), busy=(1, 3),
    ),
    "aged": Plan(
        (8, 100), net="exits", via=(0.5, 1), ips=(30, 800), devices=(2, 8), farmed=(0.2, 0.8),
        cards=(3, 10), carded=(0.1, 0.8), bank=(10, 150), banked=WORK, part=(0.1, 0.5), hours="clock",
        busy=(1, 5), age=(200, 600), batch=(0, 50),
    ),
    "domain": Plan(
        (8, 400), net="exits", via=(0.6, 1), ips=(50, 2000), lease=(0.1, 4), mail="throwaway",
        bank=(10, 300), banked=WORK, part=(0.05, 0.5), hours="clock", busy=(1, 5), batch=(0, 100),
        agent=(0, 1),
    ),
    "office": Plan(
        (8, 80), net="office", via=(0.7, 1), ips=(1, 3), devices=(3, 12), farmed=(0.6, 1), cards=(3, 12),
        carded=(0.2, 1), bank=(10, 150), banked=WORK, part=(0.1, 0.6), hours="office", busy=(1, 4),
    ),
    "slow": Plan(
        (8, 150), net="exits", via=(0.6, 1), ips=(30, 500), lease=(24, 240), devices=(2, 6),
        farmed=(0.1, 0.6), cards=(3, 10), carded=(0.1, 0.6), bank=(10, 100), banked=WORK, part=(0.2, 0.7),
        busy=(0.3, 0.8),
    ),
    "jitter": Plan(
        (8, 150), net="pool", via=(0.4, 0.9), ips=(5, 60), lease=(12, 120), devices=(2, 6),
        farmed=(0.2, 0.7), cards=(2, 8), carded=(0.1, 0.7), bank=(10, 150), banked=WORK, part=(0.1, 0.5),
        meets=(0, 1), late=(600, 3600), busy=(0.7, 2),
    ),
    "huge": Plan(
        (250, 400), net="pool", via=(0.4, 1), ips=(30, 200), lease=(0.5, 48), devices=(3, 10),
        farmed=(0, 0.8), cards=(4, 20), carded=(0, 0.6), bank=(50, 600), banked=WORK, part=(0.03, 0.3),
        hours="clock", busy=(1, 4), meets=(0, 2),
    ),
}  # fmt: skip

# In hard worlds these are there too: innocents who each have several of the marks of a ring at once.
HARD: dict[str, Plan] = {
    # a company behind a cloud gateway: dozens of addresses that are its own, and each account on many of them
    "gateway_org": Plan(
        (15, 90), (1, 2), "pool", (0.7, 1), (10, 80), (0.2, 4), mail="corp", cards=(4, 20), carded=(0.5, 1),
        bank=(10, 80), banked=(0.2, 0.8), hours="clock", busy=(1, 5), agent=(0.3, 1), batch=(0, 3),
        meets=(0, 2), late=(5, 120),
    ),
    # a bank's nightly and hourly jobs, one service account each
    "scheduler": Plan(
        (8, 60), (1, 2), "pool", (0.9, 1), (2, 16), (0.1, 2), mail="corp", cards=(8, 60), carded=(0, 1),
        bank=(5, 60), banked=(0.7, 1), hours="cron", busy=(1, 4), agent=(1, 1), batch=(0.1, 5),
        meets=(1, 6), come=(0.4, 1), late=(2, 40),
    ),
    # hot desks: workers who take any seat, paid by a few prepaid cards, on their own free mail
    "hot_desk": Plan(
        (15, 80), (1, 2), "office", (0.9, 1), (2, 12), (4, 12), devices=(1, 2), cards=(4, 15),
        carded=(0.5, 1), bank=(10, 60), banked=(0.5, 0.95), hours="shift", busy=(1, 5), agent=(0, 1),
        invited=(0, 1), batch=(1, 60), meets=(0, 2), late=(100, 900),
    ),
    # a platform that opens one account for each of its customers
    "saas_tenants": Plan(
        (10, 90), (1, 2), "pool", (1, 1), (2, 12), (0.2, 4), mail="numbered", cards=(10, 90),
        carded=(0.5, 1), bank=(5, 30), banked=(0.4, 1), hours="clock", busy=(0.3, 4), agent=(1, 1),
        age=(30, 300), meets=(0, 1), late=(5, 60),
    ),
    # people of one country who were banned for it, came by one VPN, and came again
    "banned_region": Plan(
        (15, 80), (1, 2), "vpn", (0.7, 1), (4, 30), (0.5, 6), cards=(2, 6), carded=(0.1, 0.7),
        phones=(1, 4), batch=(10, 100), age=(8, 35), busy=(0.7, 3), banned=(0.3, 0.8), invited=(0, 0.6),
        bank=(3, 15), banked=(0, 0.3),
    ),
    # a village that labels data for one firm over two carriers' addresses, on phones that a cooperative bought
    "village": Plan(
        (12, 60), (1, 2), "carrier", (0.7, 1), devices=(1.5, 4), farmed=(0.3, 0.9), phones=(1, 3),
        bank=(10, 60), banked=(0.4, 0.9), hours="shift", busy=(1, 4), invited=(0.2, 1), batch=(0, 100),
        meets=(0, 1), come=(0.3, 0.7),
    ),
    # a boot camp: shared flats, shared laptops, one prepaid card for each team, the same exercises every day
    "boot_camp": Plan(
        (12, 50), (1, 2), "office", (0.5, 1), (1, 6), (6, 48), devices=(1.5, 4), farmed=(0.3, 1),
        cards=(3, 6), carded=(0.5, 1), bank=(10, 60), banked=(0.4, 0.9), busy=(1, 5), agent=(0, 1),
        batch=(0.3, 4), age=(20, 60), meets=(0.5, 2), come=(0.4, 0.9), late=(60, 600),
    ),
    # a newsroom in exile: seven people on rented proxies with rented phones, who hide as rings do
    "newsroom": Plan(
        (5, 12), (1, 2), "pool", (0.8, 1), (8, 40), (0.3, 6), devices=(2, 4), cards=(2, 5), carded=(0.5, 1),
        phones=(2, 4), mail="pattern", bank=(3, 15), banked=(0.2, 0.6), hours="clock", busy=(1, 4),
        batch=(0.2, 20), age=(5, 40),
    ),
}  # fmt: skip
