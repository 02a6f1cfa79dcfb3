"""How what is simulated is spelt: account ids, addresses, tokens, mailboxes, telephone numbers, user agents.

All of it is invented: domains end in .example (RFC 2606), telephone numbers begin with the spare code +999.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from graphlink.crews import Plan, fraction, mix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphlink.crews import Ints


def _list(words: str) -> NDArray[np.object_]:
    return np.array(words.split(), object)


_FIRST = _list(
    "ada adam aisha alex amir ana anders anna anton aya ben carla carlos chen chloe clara dan dara david diego "
    "elena eli emma eric eva farah felix fiona george grace hana hannah henry hugo ines ingrid irene ivan jack "
    "james jan jana jane javier jean jin joan john jonas jose julia kai karim kate kenji lara laura lea leo lena "
    "li lin lisa louis luca lucia maria mark marta max maya mei mia mina nadia nils nina noah nora olga omar "
    "oscar paul pedro peter petra priya rafael ravi rosa ruth sam sara simon sofia tara theo tim tom uma vera "
    "victor wei yara yuki zoe"
)
_LAST = _list(
    "abe adams ahmed ali allen andersen baker bauer becker bell berg bianchi brown bruno campos carter chan chang "
    "cohen cook costa cruz davis diaz dubois duran evans fischer foster fox garcia gomez gray green haas hall "
    "hansen harris hill hoffman ito jackson jensen jones kaur keller kelly khan kim king klein kowalski kumar "
    "lane lang larsen lee lewis li lin lopez marino martin meyer miller mohamed moore mori morris murphy nguyen "
    "nielsen novak okafor olsen ortiz park patel perez petrov popov price ramos reed reyes rivera rossi russo "
    "santos sato schmidt shah sharma silva singh smith suzuki tanaka taylor thomas torres tran turner vega wagner "
    "walker wang weber white wilson wong wood wright yamada yang young zhang"
)
_WORDS = _list(
    "amber apex atlas aurora beacon birch bolt bright cedar cloud cobalt coral crest delta drift echo ember "
    "falcon fern flint forge frost garnet glade granite harbor haven hazel helix indigo iris ivory jade juniper "
    "kestrel lark lumen lunar maple meadow mesa mint moss nimbus north nova oak onyx opal orbit otter pearl pine "
    "pixel prism quartz quill raven reef ridge river robin rowan sable sage solar sparrow spruce stone summit "
    "swift tidal timber topaz vale vertex violet willow wren zenith"
)
_FREE = np.array(
    [f"{name}.example" for name in ("postbox", "inbox", "quickmail", "letters", "webpost", "mymail", "zmail")]
)
_THROWAWAY = np.array([f"{name}.example" for name in ("tenminutes", "droptop", "nomail", "burnbox")])
_FLEETS = 600


def _all_agents() -> list[str]:
    systems = (
        "Windows NT 10.0; Win64; x64",
        "Macintosh; Intel Mac OS X 10_15_7",
        "X11; Linux x86_64",
        "Linux; Android 14",
    )
    browsers = [
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 Chrome/{version}.0.0.0 Safari/537.36"
        for version in range(144, 120, -1)
        for system in systems
    ]
    kits = [
        f"{kit}/{major}.{minor}"
        for minor in range(12, 0, -1)
        for kit, major in (("sdk-python", 1), ("sdk-node", 4), ("okhttp", 4), ("python-httpx", 0), ("go-client", 2))
    ]
    fleets = [f"{_WORDS[n % len(_WORDS)].title()}Desktop/{n % 7}.{n % 13}.{n}" for n in range(_FLEETS)]
    return browsers + kits + fleets


AGENTS = _all_agents()
_BROWSERS, _KITS = 24 * 4, 12 * 5


def account_ids(plan: Plan) -> pa.Array:
    """Return the id of each account: no two alike, and nothing told by their order."""
    number = np.arange(len(plan.people), dtype=np.uint64) + (mix(plan.seed) >> np.uint64(24))
    half, low = np.uint64(20), np.uint64(2**20 - 1)
    left, right = (number >> half) & low, number & low
    for step in range(4):  # a Feistel network: reversible, so two numbers never meet
        left, right = right, left ^ (mix(right, step, plan.seed) & low)
    return tokens("acct_", (left << half | right).astype(np.int64), digits=10)


def tokens(prefix: str, code: Ints, *, digits: int = 16, capitals: bool = False) -> pa.Array:
    """Return each number as text: the prefix and the last hex digits."""
    if capitals:
        return pc.utf8_upper(tokens(prefix, code, digits=digits))
    size, width = len(code), len(prefix) + digits
    letters = np.empty((size, width), np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
    spelt = np.frombuffer(code.astype(">u8").tobytes().hex().encode(), np.uint8).reshape(size, 16)
    letters[:, len(prefix) :] = spelt[:, 16 - digits :]
    ends = np.arange(size + 1, dtype=np.int32) * np.int32(width)
    return pa.Array.from_buffers(pa.string(), size, [None, pa.py_buffer(ends), pa.py_buffer(letters)])


def addresses(code: Ints) -> pa.Array:
    """Return each number as an IPv4 address."""
    octets = pa.array([str(octet) for octet in range(256)])
    parts = (octets.take(pa.array((code >> shift) & 255)) for shift in (24, 16, 8, 0))
    return pc.binary_join_element_wise(*parts, ".")


def agents(plan: Plan) -> Ints:
    """Return the position in AGENTS of what each account's client calls itself."""
    rng, people = plan.random("agents"), plan.people
    at = rng.random((2, len(people)))
    usual = np.where(people["developer"], _BROWSERS + _KITS * at[0] ** 2.5, _BROWSERS * at[0] ** 2.5).astype(np.int64)
    crew, known = people["crew"].to_numpy(), plan.knob("agents")
    fleet = (mix(12, crew, (at[1] * known).astype(np.int64), plan.seed) % _FLEETS).astype(np.int64)
    return np.where(known > 0, _BROWSERS + _KITS + fleet, usual)


def phones(plan: Plan) -> pa.Array:
    """Return each account's telephone number: one of its crew's, its own, or none."""
    rng, everybody = plan.random("phones"), np.arange(len(plan.people))
    crew, known = plan.account("crew"), plan.knob("phones")
    shared = mix(13, crew, (rng.random(len(crew)) * known).astype(np.int64)) % np.uint64(10**9)
    own = (everybody * 618_033_989 + plan.seed) % 10**9  # a step prime to 10^9: no two alike
    number = pa.array(np.where(known > 0, shared.astype(np.int64), own) + 999 * 10**9)
    has_one = (known > 0) | (rng.random(len(crew)) >= plan.life["no_phone"])
    return pc.if_else(pa.array(has_one), pc.binary_join_element_wise("+", number.cast(pa.string()), ""), None)


def emails(plan: Plan) -> pa.Array:
    """Return each account's e-mail address: a person's, or one that its crew's generator made."""
    rng, crew = plan.random("emails"), plan.account("crew")
    generated = rng.random(len(crew)) < plan.knob("generated")
    mailbox = _people(rng, len(crew))
    mailbox[generated] = _generated(crew[generated], rng)
    return pa.array(_untaken(mailbox, _domains(plan, generated, rng)), pa.string())


def _untaken(mailbox: NDArray[np.object_], domain: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the addresses, with a number in what somebody has already: no two accounts have one mailbox."""
    address: NDArray[np.object_] = mailbox + "@" + domain
    taken = pd.Series(address).groupby(address, sort=False).cumcount().to_numpy()
    if not taken.any():
        return address
    return _untaken(np.where(taken, mailbox + taken.astype(str).astype(object), mailbox), domain)


def _people(rng: np.random.Generator, size: int) -> NDArray[np.object_]:
    """Return mailbox names as people choose them; common names are taken, so most add something."""
    first, last = rng.choice(_FIRST, size), rng.choice(_LAST, size)
    short = first.astype("U2").astype(object)
    year = rng.integers(1955, 2010, size).astype(str).astype(object)
    names = _either(rng, [first + "." + last, first + last, short + last])
    names += _either(rng, [year, year, short, np.full(size, "", object)])
    return names


def _either(rng: np.random.Generator, choices: list[NDArray[np.object_]]) -> NDArray[np.object_]:
    chosen: NDArray[np.object_] = np.choose(rng.integers(0, len(choices), len(choices[0])), choices)
    return chosen


def _generated(crew: Ints, rng: np.random.Generator) -> NDArray[np.object_]:
    size, style = len(crew), mix(15, crew) % 4
    number = rng.integers(1_000, 10_000, size).astype(str).astype(object)
    letters = rng.integers(97, 123, (size, 10), dtype=np.uint8).view("S10").ravel().astype(str)
    word = _WORDS[(mix(16, crew, rng.integers(0, 6, size)) % len(_WORDS)).astype(np.int64)]
    person = rng.choice(_FIRST, size) + rng.choice(_LAST, size)
    patterns = [
        word + number,
        letters.astype(object),
        person + number,
        letters.astype("U2").astype(object) + number + "7",
    ]
    chosen: NDArray[np.object_] = np.choose(style.astype(np.int64), patterns)
    return chosen


def _domains(plan: Plan, generated: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.object_]:
    size, crew = len(generated), plan.account("crew")
    free = _FREE[(len(_FREE) * rng.random(size) ** 2).astype(int)]
    throwaway = _THROWAWAY[rng.integers(0, len(_THROWAWAY), size)]
    # a prime step through all pairs of words: crews near each other in number get different domains
    pair = crew.astype(np.int64) * 2971 + plan.seed
    own = _WORDS[pair % len(_WORDS)] + "-" + _WORDS[pair // len(_WORDS) % len(_WORDS)] + ".example"
    # a whole crew has its domain or has none; what has none and is generated sits on free or throw-away mail
    has_own = (fraction(19, crew) < plan.knob("domain")) & (crew > 0)
    drops = rng.random(size) < np.where(generated, fraction(20, crew), plan.life["throwaway"])
    return np.asarray(np.select([has_own, drops], [own, throwaway], free), object)
