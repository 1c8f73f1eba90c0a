"""Who has which part in a case: from the kind of violation and the site (Articles 8 to 21; ``routing.toml``).

The responsible party of Article 12 depends on what the site is: a unit (单位), a residential area under property
management (物业服务企业) or one without (街道办事处). Where the data do not tell, that is an error: a notice to the
wrong body is worse than none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from firelane.cases.deadlines import rules as deadline_rules
from firelane.cases.model import Party, PartyRole, SitePlace
from firelane.errors import InputError, Problem, UsageError
from firelane.vocabulary import Lang, ObstructionKind, Quantity, RoadClass

ARTICLE_12 = "@article12"
MANAGER = "@manager"
BAYS = "@bays"
_SPECIAL = (ARTICLE_12, MANAGER)
_ONLY = ("", "residential", "area", "construction")
_REMEDY = (
    (
        "在 site.toml 写明 managed；已立案的，用 firelane case event 案件 routed --set managed=true --set manager=… "
        "确定责任主体（没有物业管理时 managed=false）"
    ),
    (
        "tell managed in site.toml; for a case: firelane case event CASE routed --set managed=true --set manager=… "
        "(managed=false where there is no property management)"
    ),
)
_ON_CONSTRUCTION_SITES = ("developer", "builder", "construction_supervisor")


class RoutingError(UsageError):
    """Nobody can say who is responsible: the data do not tell, and it is not guessed.

    ``remedy`` tells how to mend it, in Chinese and in English; empty where it is no matter of the data.
    """

    def __init__(self, zh: str, en: str, remedy: tuple[str, str] = ("", "")) -> None:
        super().__init__(f"{en} → {remedy[1]}" if remedy[1] else en, f"{zh} → {remedy[0]}" if remedy[0] else zh)
        self.zh, self.en, self.remedy = zh, en, remedy

    def reason(self, lang: str = "zh") -> str:
        """Return the message in ``lang`` without the remedy: for documents that others read."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Share:
    """A part in a kind of case: the role, the body (or ``@article12``, ``@manager``), the article, and where."""

    role: PartyRole
    body: str
    article: str
    only: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of violation; ``deadline`` is the key of the rule for its rectification."""

    key: str
    zh: str
    en: str
    articles: tuple[str, ...]
    deadline: str
    shares: tuple[Share, ...]

    def text(self, lang: Lang = "zh") -> str:
        """Return the name in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Routing:
    """The table: kinds, bodies, and which finding is of which kind."""

    name: str
    source_zh: str
    source_en: str
    to_be_confirmed: bool
    kinds: Mapping[str, Kind]
    bodies: Mapping[str, tuple[str, str]]
    by_obstruction: Mapping[str, str]
    by_quantity: Mapping[str, tuple[str, bool]]
    bays: tuple[str, str]
    construction: tuple[str, frozenset[str]]

    def source(self, lang: Lang = "zh") -> str:
        """Return where the table comes from in ``lang``."""
        return self.source_zh if lang == "zh" else self.source_en


@cache
def routing(path: Path | None = None) -> Routing:
    """Return the packaged table, or that of a file of the user's.

    Raises
    ------
    InputError
        Every problem of the file at once.
    """
    label = "routing.toml" if path is None else path.name
    try:
        if path is None:
            text = resources.files("firelane.cases").joinpath("routing.toml").read_text(encoding="utf-8")
        else:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError([Problem(
            f"the table of parties cannot be read: {error}", "", label, message_zh=f"职责表无法读取：{error}",
        )]) from error  # fmt: skip
    return _Reader(raw, label).routing()


def kinds(table: Routing | None = None) -> Mapping[str, Kind]:
    """Return the kinds of violation by key, in the order of the table."""
    return (routing() if table is None else table).kinds


def kind_of(
    finding: Mapping[str, Any], obstruction_kind: str | None, *, site: SitePlace | None = None,
    table: Routing | None = None,
) -> str:  # fmt: skip
    """Return the kind of violation that a finding is.

    Parameters
    ----------
    finding : Mapping
        A row of ``audit.json`` ``findings``; its ``quantity`` counts.
    obstruction_kind : str or None
        Kind of the obstruction that owns the finding (:func:`obstruction_kind_of`); ``parking_bay`` for a row of the
        ``parking`` layer; None where nothing but the lane's own edge or a marking is concerned.
    site : SitePlace, optional
        Its road class tells on-street bays from those in a managed area, and construction sites.

    Raises
    ------
    RoutingError
        A quantity that the table does not know.
    """
    table = routing() if table is None else table
    quantity = str(finding.get("quantity", ""))
    if quantity not in table.by_quantity:
        raise RoutingError(
            f"职责表没有检查项目 {quantity!r} 的违规类别", f"the table of parties has no kind for the quantity {quantity!r}"
        )
    kind, by_obstruction = table.by_quantity[quantity]
    if by_obstruction and obstruction_kind:
        kind = table.by_obstruction.get(obstruction_kind, table.by_obstruction[ObstructionKind.OTHER])
    road_class = site.road_class if site is not None else None
    if kind == BAYS:
        kind = table.bays[0] if road_class == RoadClass.MUNICIPAL else table.bays[1]
    if road_class == RoadClass.CONSTRUCTION and kind in table.construction[1]:
        kind = table.construction[0]
    return kind


def obstruction_kind_of(
    owners: Iterable[str], kinds_by_owner: Mapping[str, str], table: Routing | None = None
) -> str | None:
    """Return the kind of obstruction that decides among a finding's owners: the one the table lists first.

    A vehicle beside a wall is the vehicle's matter: it goes before the wall does. None where no owner is an obstruction.
    """
    table = routing() if table is None else table
    found = {kinds_by_owner[owner] for owner in owners if owner in kinds_by_owner}
    found = {kind if kind in table.by_obstruction else ObstructionKind.OTHER.value for kind in found}
    return next((kind for kind in table.by_obstruction if kind in found), None)


def parties(kind: str, site: SitePlace, table: Routing | None = None) -> tuple[Party, ...]:
    """Return everybody who has a part in a case of ``kind`` at ``site``, the responsible first.

    Raises
    ------
    RoutingError
        An unknown kind; or the party of Article 12 is concerned and the data do not tell who it is.
    """
    table = routing() if table is None else table
    if kind not in table.kinds:
        names = ", ".join(table.kinds)
        raise RoutingError(f"没有违规类别 {kind!r}（可用：{names}）", f"there is no kind {kind!r} (known: {names})")
    found: list[Party] = []
    for share in table.kinds[kind].shares:
        if share.only and not _there(share.only, site):
            continue
        found += _parties(share, site, table)
    order = list(PartyRole)
    found.sort(key=lambda party: order.index(party.role))  # stable: within a role as in the table
    return tuple(dict.fromkeys(found))


def article_12(site: SitePlace) -> tuple[str, ...]:
    """Return who is responsible by Article 12: keys of bodies, several on construction sites (Article 8).

    Raises
    ------
    RoutingError
        A residential area of which nobody says whether it is managed, or nothing is known of the site.
    """
    road_class, managed, kept_by = site.road_class, site.managed, site.manager_kind
    if road_class == RoadClass.CONSTRUCTION:
        return _ON_CONSTRUCTION_SITES
    if road_class == RoadClass.UNIT:
        return ("unit",)
    if road_class == RoadClass.MUNICIPAL:
        return ("municipal_road",)
    if road_class != RoadClass.RESIDENTIAL and kept_by == "unit":
        return ("unit",)
    if managed is not None and (road_class == RoadClass.RESIDENTIAL or road_class is None):
        return ("property_company",) if managed else ("street_office",)
    name = site.name or site.site_id
    if road_class == RoadClass.RESIDENTIAL:
        raise RoutingError(
            f"场地 {name} 为居民住宅区，但没有写明是否实行物业管理（site.toml 的 managed），第十二条的责任主体不能推定",
            f"the site {name} is residential, but nobody says whether it is under property management (managed in "
            "site.toml): the responsible party of Article 12 is not guessed",
            _REMEDY,
        )
    if kept_by in {"property_company", "street_office"}:
        return (kept_by,)
    if road_class == RoadClass.OTHER and site.manager:
        return ("other_manager",)
    raise RoutingError(
        f"场地 {name} 没有写明第十二条的责任主体（site.toml 的 managed、manager_kind，或道路的 class）",
        f"nothing tells the responsible party of Article 12 for the site {name} (managed or manager_kind in site.toml, "
        "or the class of the road)",
        _REMEDY,
    )


def _there(only: str, site: SitePlace) -> bool:
    """Tell whether a share applies: to construction sites, residential areas, or those and units (单位、住宅小区)."""
    if only == "construction":
        return site.road_class == RoadClass.CONSTRUCTION
    residential = site.road_class == RoadClass.RESIDENTIAL or (
        site.road_class is None and (site.managed is not None or site.manager_kind in {"property_company", "street_office"})
        and site.manager_kind != "unit"
    )  # fmt: skip
    if only == "residential":
        return residential
    return residential or site.road_class == RoadClass.UNIT or (site.road_class is None and site.manager_kind == "unit")


def _parties(share: Share, site: SitePlace, table: Routing) -> list[Party]:
    """Return the parties of one share, the site's manager by name where the data give it."""
    if share.body == ARTICLE_12:
        return [_named(share, body, site, table) for body in article_12(site)]
    if share.body == MANAGER:
        zh, en = table.bodies["entrance_manager"]
        if site.manager:
            zh = en = site.manager
        return [Party(share.role, "entrance_manager", zh, en, share.article)]
    return [Party(share.role, share.body, *table.bodies[share.body], share.article)]


def _named(share: Share, body: str, site: SitePlace, table: Routing) -> Party:
    """Return the party of Article 12; the recorded manager's name only where it is of that kind."""
    zh, en = table.bodies[body]
    unsaid = site.manager_kind is None and body in {"property_company", "unit"}
    if site.manager and (site.manager_kind == body or unsaid or body == "other_manager"):
        zh = en = site.manager
    # Article 12 is silent on municipal roads: no article is claimed for them there.
    return Party(share.role, body, zh, en, "" if body == "municipal_road" else share.article)


class _Reader:
    """Reads one table and gathers what is wrong with it."""

    def __init__(self, raw: Mapping[str, Any], label: str) -> None:
        self.raw, self.label = raw, label
        self.problems: list[Problem] = []

    def note(self, row: str, column: str | None, en: str, zh: str) -> None:
        self.problems.append(Problem(en, "mend the table", self.label, row, column, zh, "请修正职责表"))

    def table(self, key: str) -> Mapping[str, Any]:
        value = self.raw.get(key)
        if isinstance(value, dict) and value:
            return value
        self.note(key, None, f"there is no [{key}]", f"没有 [{key}]")
        return {}

    def text(self, raw: Mapping[str, Any], key: str, row: str) -> str:
        value = raw.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self.note(row, key, "a text is missing", "缺少文字")
        return ""

    def one_of(self, value: Any, known: Iterable[str], row: str, column: str | None) -> None:
        known = tuple(known)
        if value not in known:
            shown = ", ".join(known)
            self.note(row, column, f"unknown: {value!r} (known: {shown})", f"未知：{value!r}（可用：{shown}）")

    def routing(self) -> Routing:
        head = self.table("routing")
        name, zh, en = (self.text(head, key, "[routing]") for key in ("name", "source_zh", "source_en"))
        if not isinstance(head.get("to_be_confirmed"), bool):
            self.note("[routing]", "to_be_confirmed", "true or false is expected", "应为 true 或 false")
        bodies = {k: self._body(k, v) for k, v in self.table("body").items()}
        for key in ("entrance_manager", "unit", "property_company", "street_office", "municipal_road", "other_manager",
                    *_ON_CONSTRUCTION_SITES):  # fmt: skip
            if key not in bodies:
                self.note("body", key, "the body is missing", "缺少此单位")
        found = self._kinds(bodies)
        by_obstruction, by_quantity = self.table("obstruction"), self.table("quantity")
        for key in [item.value for item in ObstructionKind if item.value not in by_obstruction]:
            self.note("obstruction", key, "this kind of obstruction has no row", "此种障碍物没有对应类别")
        for key in [item.value for item in Quantity if item.value not in by_quantity]:
            self.note("quantity", key, "this quantity has no row", "此检查项目没有对应类别")
        for key, kind in by_obstruction.items():
            self.one_of(kind, (BAYS, *found), "obstruction", key)
        rows = {key: self._quantity(key, raw, found) for key, raw in by_quantity.items()}
        bays = tuple(self.text(self.table("bays"), key, "bays") for key in ("municipal", "elsewhere"))
        site = self.table("construction")
        place = self.text(site, "kind", "construction")
        instead = site.get("instead_of", [])
        for kind in (*bays, place, *(instead if isinstance(instead, list) else ["instead_of"])):
            self.one_of(kind, found, "bays, construction", None)
        if self.problems:
            raise InputError(self.problems)
        return Routing(
            name, zh, en, head["to_be_confirmed"], found, bodies, by_obstruction, rows, (bays[0], bays[1]),
            (place, frozenset(instead)),
        )  # fmt: skip

    def _body(self, key: str, raw: Any) -> tuple[str, str]:
        raw = raw if isinstance(raw, dict) else {}
        return self.text(raw, "zh", f"body {key}"), self.text(raw, "en", f"body {key}")

    def _quantity(self, key: str, raw: Any, found: Mapping[str, Kind]) -> tuple[str, bool]:
        raw = raw if isinstance(raw, dict) else {}
        self.one_of(raw.get("kind"), (BAYS, *found), "quantity", key)
        if not isinstance(raw.get("by_obstruction"), bool):
            self.note("quantity", key, "by_obstruction: true or false is expected", "by_obstruction 应为 true 或 false")
        return str(raw.get("kind")), bool(raw.get("by_obstruction"))

    def _kinds(self, bodies: Mapping[str, tuple[str, str]]) -> dict[str, Kind]:
        found: dict[str, Kind] = {}
        rows = self.raw.get("kind")
        if not isinstance(rows, list) or not rows:
            self.note("kind", None, "there is no [[kind]]", "没有 [[kind]]")
            return found
        for raw in rows:
            key = self.text(raw, "key", "kind")
            row = f"kind {key}"
            if key in found:
                self.note(row, "key", "the key stands twice", "键重复")
            articles, deadline = raw.get("articles"), self.text(raw, "deadline", row)
            if not isinstance(articles, list) or not articles or not all(isinstance(a, str) and a for a in articles):
                self.note(row, "articles", "a list of articles is expected", "应为条款列表")
                articles = []
            self.one_of(deadline, deadline_rules(), row, "deadline")
            shares = [s for s in (self._share(item, row, bodies) for item in raw.get("party", [])) if s is not None]
            if not any(share.role is PartyRole.RESPONSIBLE for share in shares):
                self.note(row, "party", "nobody is responsible", "没有责任主体")
            zh, en = self.text(raw, "zh", row), self.text(raw, "en", row)
            found[key] = Kind(key, zh, en, tuple(articles), deadline, tuple(shares))
        return found

    def _share(self, raw: Mapping[str, Any], row: str, bodies: Mapping[str, tuple[str, str]]) -> Share | None:
        before = len(self.problems)
        role, body = self.text(raw, "role", row), self.text(raw, "body", row)
        article, only = self.text(raw, "article", row), raw.get("only", "")
        self.one_of(role, [item.value for item in PartyRole], row, "role")
        self.one_of(body, (*_SPECIAL, *bodies), row, "body")
        self.one_of(only, _ONLY, row, "only")
        return Share(PartyRole(role), body, article, only) if len(self.problems) == before else None
