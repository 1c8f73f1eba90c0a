"""A city's tables made by hand: as many sites as asked for, some of them failed, not run, or nowhere."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

LON, LAT = 123.43, 41.80
DISTRICTS = ("和平区", "沈河区", "铁西区", "皇姑区", "大东区", "浑南区")
ARTICLES = ("第十条", "第十四条", "第十五条（一）", "第九条", "第十二条")
QUANTITIES = ("clear_width", "clear_height", "parking", "edge_line", "sign")


def sites(n, seed=1):
    """Return the sites' table: about one in five fails badly, one in twenty could not be done."""
    rng = np.random.default_rng(seed)
    district = rng.integers(0, 6, n)
    lon = LON + 0.11 * (district % 3 - 1) + rng.uniform(-0.05, 0.05, n)
    lat = LAT + 0.09 * (district // 3) + rng.uniform(-0.042, 0.042, n)
    status = np.where(rng.uniform(size=n) < 0.05, "failed", np.where(rng.uniform(size=n) < 0.03, "not_run", "done"))
    done = status == "done"
    verdict = rng.choice(["fail", "indeterminate", "incomplete", "pass"], n, p=[0.55, 0.1, 0.15, 0.2])
    length = rng.uniform(200, 3000, n)
    share = np.where(verdict == "fail", rng.beta(1.2, 4, n) * (0.6 + 0.4 * (district % 3)), 0.0)
    unsure = np.where(verdict == "indeterminate", 0.2, 0.0)
    unmeasured = np.where(verdict == "incomplete", 0.5, 0.05)
    fails = np.where(verdict == "fail", 1 + rng.poisson(8, n), 0)
    frame = pd.DataFrame({
        "site_id": [f"S{i:05d}" for i in range(n)], "name": [f"三好街{i:05d}小区" for i in range(n)],
        "district": [DISTRICTS[d] for d in district], "manager": [f"万科物业第{m}公司" for m in rng.integers(0, max(2, n // 40), n)],
        "status": status, "verdict": verdict, "fails": fails, "mandatory_fails": fails // 2, "indeterminate": rng.poisson(2, n),
        "not_measured": rng.poisson(4, n), "lane_length_m": length, "length_fail_m": length * share, "length_indeterminate_m": length * unsure,
        "length_not_measured_m": length * unmeasured, "length_pass_m": length * (1 - share - unsure - unmeasured).clip(0),
        "min_clear_width_m": np.where(verdict == "pass", rng.uniform(4, 7, n), rng.uniform(1.8, 4, n)),
        "min_clear_height_m": rng.uniform(3.8, 6, n), "lanes": rng.integers(3, 40, n), "lanes_fail": np.minimum(fails, 3),
        "buildings": rng.integers(4, 40, n), "buildings_unreached": rng.integers(0, 4, n),
        "quality": rng.choice(list("ABCDE"), n, p=[0.1, 0.3, 0.35, 0.2, 0.05]), "quality_zh": "未说明测量日期；未调查障碍物",
        "quality_reasons": "no_obstructions;undated", "min_width_verdict": None, "quality_en": "the day of the survey is not told; obstructions were not surveyed", "lon": lon, "lat": lat,
        "map": [f"sites/S{i:05d}/map.html" for i in range(n)],
    })  # fmt: skip
    frame["min_width_verdict"] = np.where(frame["min_clear_width_m"] < 3.9, "fail", np.where(frame["min_clear_width_m"] < 4, "indeterminate", "pass"))
    nothing = [c for c in frame.columns if c not in ("site_id", "name", "district", "manager", "status", "lon", "lat")]
    frame.loc[~done, nothing] = None
    frame["failure_kind"] = np.where(status == "failed", rng.choice(["crash", "unreadable", "timeout"], n), None)
    frame["failure_zh"] = np.where(status == "failed", "数据损坏，无法读取", None)
    frame["failure_en"] = np.where(status == "failed", "the data are damaged", None)
    nowhere = ~done & (rng.uniform(size=n) < 0.5)
    frame.loc[nowhere, ["lon", "lat"]] = np.nan
    order = frame[done].sort_values(["length_fail_m", "site_id"], ascending=[False, True]).index
    frame["rank"] = pd.Series(np.arange(1, len(order) + 1), index=order).reindex(frame.index).astype("Int64")
    for name in ("fails", "mandatory_fails", "indeterminate", "not_measured", "lanes", "lanes_fail", "buildings", "buildings_unreached"):
        frame[name] = frame[name].astype("Int64")
    return frame


def findings(table, n, seed=2):
    """Return ``n`` findings of the sites that were done, one in three passing."""
    rng = np.random.default_rng(seed)
    done = table[table["status"] == "done"].reset_index(drop=True)
    if not len(done):
        n = 0
    site = rng.integers(0, max(1, len(done)), n)
    kind = rng.integers(0, 5, n)
    value = rng.uniform(1.5, 5.5, n)
    verdict = np.where(value < 3.8, "fail", np.where(value < 4.0, "indeterminate", "pass"))
    verdict = np.where(rng.uniform(size=n) < 0.2, "not_measured", verdict)
    known = verdict != "not_measured"
    own = done.iloc[site]
    return pd.DataFrame({
        "site_id": own["site_id"].to_numpy(), "finding_id": [f"F{i % 1000:03d}" for i in range(n)], "rule_id": "r",
        "article": np.array(ARTICLES)[kind], "quantity": np.array(QUANTITIES)[kind], "verdict": verdict,
        "severity": rng.choice(["mandatory", "advisory"], n, p=[0.7, 0.3]), "value": np.where(known, value, np.nan),
        "threshold": 4.0, "unit": "m", "margin": np.where(known, value - 4.0, np.nan),
        "message_zh": [f"第{i}处：实测净宽 {v:.2f} m，要求不小于 4 m" for i, v in enumerate(value)],
        "message_en": [f"no. {i}: clear width {v:.2f} m, at least 4 m asked" for i, v in enumerate(value)],
        "lon": np.where(known, own["lon"].to_numpy() + rng.normal(0, 0.0008, n), np.nan),
        "lat": np.where(known, own["lat"].to_numpy() + rng.normal(0, 0.0006, n), np.nan),
        "district": own["district"].to_numpy(), "manager": own["manager"].to_numpy(),
    })  # fmt: skip


def write(folder, table, found):
    """Write the tables that map and charts read; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame, name in ((table, "sites"), (found, "findings")):
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet", row_group_size=20_000)
    return folder


def district_file(path, names=DISTRICTS):
    """Write the districts as boxes that the sites lie in; one more without a site."""
    boxes = [
        shapely.box(LON + 0.11 * (d % 3 - 1) - 0.055, LAT + 0.09 * (d // 3) - 0.045, LON + 0.11 * (d % 3 - 1) + 0.055, LAT + 0.09 * (d // 3) + 0.045)
        for d in range(6)
    ]
    boxes.append(shapely.box(LON + 0.165, LAT - 0.045, LON + 0.22, LAT + 0.045))
    gpd.GeoDataFrame({"名称": [*names, "空区"]}, geometry=boxes, crs=4326).to_crs(4527).to_file(path, driver="GPKG")
    return path
