"""Materials of the paint: rates, packs and prices as data (``rates.toml``), overridden by ``[materials]`` of ``site.toml``.

::

    [materials]
    system = "thermoplastic"              # or "paint": cold paint on the road (kerbs are painted in either case)
    currency = "元"
    rates = { thermoplastic_thickness_mm = 2.0, thermoplastic_waste_pct = 10.0, grid_lines = { beads_kg_m2 = 0.4 } }
    coatings = { box_text = "cold_paint" }
    packs = { primer = 15.0 }
    codes = { edge_line = "040205006001" }
    measures = { edge_line = "length_m" }
    prices = { edge_line = 12.0, warning_board = 380.0, thermoplastic = 6.5 }

A price of a kind is all in, for one unit of what the kind is measured by; a price of a product is for one kg or litre.
"""

from __future__ import annotations

import importlib.resources
import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from firelane.errors import InputError, Problem
from firelane.markings.items import bill_items
from firelane.site.journal import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from firelane.vocabulary import Lang

KEYS = ("system", "currency", "rates", "coatings", "packs", "codes", "measures", "prices")
_LONGEST = 60  # of a code or a currency [characters]
_MOST = 1e9  # of a price or a pack
_SHOWN = 60


@dataclass(frozen=True)
class Rate:
    """One row ``[[rate]]`` of ``rates.toml``."""

    key: str
    value: float
    unit: str
    minimum: float
    maximum: float
    zh: str
    en: str
    status: str
    source: str
    source_zh: str


@dataclass(frozen=True)
class Product:
    """What is bought: ``pack`` is how much of it is in one pack, in ``unit``."""

    key: str
    column: str
    unit: str
    pack: float
    zh: str
    en: str
    pack_zh: str
    pack_en: str
    status: str
    source: str
    source_zh: str


@dataclass(frozen=True)
class Consumption:
    """How much of a product a coating takes: the product of ``factors`` per m², and a loss."""

    coating: str
    product: str
    factors: tuple[str, ...]
    waste: str


@dataclass(frozen=True)
class Catalogue:
    """All of ``rates.toml``, by key."""

    rates: Mapping[str, Rate]
    products: Mapping[str, Product]
    coatings: Mapping[str, Mapping[str, str]]
    consumptions: tuple[Consumption, ...]
    systems: Mapping[str, Mapping[str, str]]
    currency: Mapping[str, str]


@lru_cache(maxsize=1)
def material_catalogue() -> Catalogue:
    """Return what ``rates.toml`` holds."""
    file = importlib.resources.files("firelane.markings").joinpath("rates.toml")
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    rates = {
        row["key"]: Rate(
            row["key"], row["value"], row["unit"], row["min"], row["max"], row["zh"], row["en"], row["status"],
            row["source"], row["source_zh"],
        )
        for row in content["rate"]
    }  # fmt: skip
    return Catalogue(
        rates,
        {row["key"]: Product(**row) for row in content["product"]},
        {row["key"]: {"zh": row["zh"], "en": row["en"]} for row in content["coating"]},
        tuple(Consumption(r["coating"], r["product"], tuple(r["factors"]), r["waste"]) for r in content["consumption"]),
        content["system"],
        content["currency"],
    )


@dataclass(frozen=True)
class Materials:
    """The materials in force for one site.

    Attributes
    ----------
    system : str
        ``thermoplastic`` or ``paint``.
    rates : Mapping
        (kind, key of a rate) -> value; the kind is empty where it holds for all.
    coatings : Mapping
        Kind of paint -> coating.
    packs : Mapping
        Product -> content of a pack, in its unit.
    codes, measures : Mapping
        Kind -> code of the item, and what is paid for.
    prices : Mapping
        Kind or product -> price of one unit; only those that were given.
    currency_told : str or None
        As the site tells it.
    """

    system: str
    rates: Mapping[tuple[str, str], float]
    coatings: Mapping[str, str]
    packs: Mapping[str, float]
    codes: Mapping[str, str]
    measures: Mapping[str, str]
    prices: Mapping[str, float]
    currency_told: str | None = None

    def rate(self, key: str, kind: str = "") -> float:
        """Return a rate, that of the kind before that of all."""
        return self.rates.get((kind, key), self.rates["", key])

    def per_m2(self, kind: str) -> dict[str, float]:
        """Return product -> what a square metre of ``kind`` takes of it, loss included [kg or l].

        >>> round(read_materials({}).per_m2("edge_line")["thermoplastic"], 6)
        3.87
        """
        found = {}
        for row in material_catalogue().consumptions:
            if row.coating == self.coatings.get(kind):
                net = math.prod(self.rate(key, kind) for key in row.factors)
                found[row.product] = net * (1 + self.rate(row.waste, kind) / 100)
        return found

    def currency(self, lang: Lang) -> str:
        """Return the currency as a text."""
        return self.currency_told or material_catalogue().currency[lang]

    @property
    def priced(self) -> bool:
        """Whether any price was given."""
        return bool(self.prices)


def read_materials(table: Mapping[str, Any]) -> Materials:
    """Return the materials that a table ``[materials]`` asks for.

    Raises
    ------
    InputError
        Listing every unknown key and every wrong value.
    """
    reader = _Reader()
    found = reader.materials(table)
    if reader.problems:
        raise InputError(reader.problems)
    return found


class _Reader:
    """Reads the table and collects what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.catalogue = material_catalogue()
        self.items = bill_items()
        self.kinds = tuple(self.catalogue.systems["thermoplastic"])

    def materials(self, table: Mapping[str, Any]) -> Materials:
        for key in table:
            if key not in KEYS:
                self.unknown(key, key, KEYS)
        catalogue, items = self.catalogue, self.items
        system = table.get("system", "thermoplastic")
        if not self.chosen(system, "system", catalogue.systems):
            system = "thermoplastic"
        packs = {key: product.pack for key, product in catalogue.products.items()}
        packs |= self.numbers(table, "packs", catalogue.products, least=1e-3)
        prices = self.numbers(table, "prices", (*items, *catalogue.products), least=0.0)
        coatings = {**catalogue.systems[system], **self.choices(table, "coatings", dict.fromkeys(self.kinds, catalogue.coatings))}
        measures = {kind: item.measure for kind, item in items.items()}
        measures |= self.choices(table, "measures", {kind: item.measures for kind, item in items.items()})
        codes = {kind: item.code for kind, item in items.items()} | self.texts(table, "codes", items)
        currency = table.get("currency")
        return Materials(
            str(system), self.rates(table), coatings, packs, codes, measures, prices,
            self.text(currency, "currency") if currency is not None else None,
        )  # fmt: skip

    def rates(self, table: Mapping[str, Any]) -> dict[tuple[str, str], float]:
        """Return all rates: those of the catalogue, those told for all kinds, those told for one."""
        known = self.catalogue.rates
        found = {("", key): rate.value for key, rate in known.items()}
        for key, value in self.table(table, "rates").items():
            if key in self.kinds:
                if not isinstance(value, dict):
                    self.wrong(f"rates.{key}", ("a table of rates is expected", "应为用量表"))
                    continue
                for inner, number in value.items():
                    self.rate(found, (key, inner), number, f"rates.{key}.{inner}")
            else:
                self.rate(found, ("", key), value, f"rates.{key}")
        return found

    def rate(self, found: dict[tuple[str, str], float], key: tuple[str, str], value: Any, column: str) -> None:
        rate = self.catalogue.rates.get(key[1])
        if rate is None:
            self.unknown(column, key[1], self.catalogue.rates if key[0] else (*self.catalogue.rates, *self.kinds))
        elif self.number(value, column, rate.minimum, rate.maximum, rate.unit):
            found[key] = float(value)

    def numbers(self, table: Mapping[str, Any], name: str, known: Collection[str], *, least: float) -> dict[str, float]:
        found = {}
        for key, value in self.table(table, name).items():
            if key not in known:
                self.unknown(f"{name}.{key}", key, known)
            elif self.number(value, f"{name}.{key}", least, _MOST, ""):
                found[key] = float(value)
        return found

    def choices(self, table: Mapping[str, Any], name: str, known: Mapping[str, Collection[str]]) -> dict[str, str]:
        found = {}
        for key, value in self.table(table, name).items():
            if key not in known:
                self.unknown(f"{name}.{key}", key, known)
            elif self.chosen(value, f"{name}.{key}", known[key]):
                found[key] = value
        return found

    def texts(self, table: Mapping[str, Any], name: str, known: Collection[str]) -> dict[str, str]:
        found = {}
        for key, value in self.table(table, name).items():
            if key not in known:
                self.unknown(f"{name}.{key}", key, known)
            else:
                text = self.text(value, f"{name}.{key}")
                if text is not None:
                    found[key] = text
        return found

    def text(self, value: Any, column: str) -> str | None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        text = str(value).strip() if isinstance(value, str) or number else ""
        if text and len(text) <= _LONGEST and text.isprintable():
            return text
        self.wrong(column, (f"a text of at most {_LONGEST} characters is expected", f"应为不超过 {_LONGEST} 个字符的文字"))
        return None

    def number(self, value: Any, column: str, least: float, most: float, unit: str) -> bool:
        right = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
        if not right:
            span = f"{least:g} – {most:g} {unit}".rstrip()
            self.wrong(column, (f"a number is expected: {span}", f"应为数值：{span}"))
        return right

    def chosen(self, value: Any, column: str, known: Collection[str]) -> bool:
        if isinstance(value, str) and value in known:
            return True
        words = did_you_mean(value if isinstance(value, str) else "", known)
        self.wrong(column, (f"{_shown(value)} is none of the choices", f"{_shown(value)} 不在可选值之内"), words)
        return False

    def table(self, table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        value = table.get(name, {})
        if isinstance(value, dict):
            return value
        self.wrong(name, (f"a table [materials.{name}] is expected", f"应为表 [materials.{name}]"))
        return {}

    def unknown(self, column: str, key: object, known: Collection[str]) -> None:
        self.wrong(column, ("this key is not known", "未知的键"), did_you_mean(str(key), known))

    def wrong(self, column: str, said: tuple[str, str], remedy: tuple[str, str] = ("mend the value", "请改正该值")) -> None:
        where = f"materials.{_shown(column, plain=True)}"
        self.problems.append(
            Problem(said[0], remedy[0], "site.toml", column=where, message_zh=said[1], remedy_zh=remedy[1])
        )


def _shown(value: object, *, plain: bool = False) -> str:
    text = str(value) if plain else repr(value)
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
