"""Turn the scene's ids hostile as well: every id in every table gets a payload in front."""

from __future__ import annotations

from dataclasses import replace

ID_COLUMNS = {
    "id", "lane_id", "road_ids", "entrance_id", "building_id", "pinch_id", "governing_pinch_id", "owners",
    "start_node", "end_node", "node_id",
}  # fmt: skip

HTML = (
    "<img src=x onerror=canary=1>",
    "</script><script>canary=1</script>",
    "</title><img src=x onerror=canary=1>",
    "\"'+(canary=1)+'\" onclick=canary=1 javascript:canary=1 -->",
    "x\x00\x01\x1b[31m\u202eabc\u2028 = &amp; &lt;b&gt;",
)
TEMPLATES = ("${canary=1}", "`;canary=1;`", "{{7*7}}", "A{{B", "{% x", "{# note")
# Joined, because whatever one of them does to the page, the text is then no longer shown letter for
# letter; in two orders, so that one that opens something cannot hide another behind it.
PAYLOADS = {
    "html first": " ".join((*HTML, *TEMPLATES)),
    "templates first": " ".join((*reversed(TEMPLATES), *reversed(HTML))),
}


def tag(value, payload):
    """Put the payload before an id, before each of several, behind ``edge:``."""
    if isinstance(value, tuple):
        return tuple(tag(part, payload) for part in value)
    if not isinstance(value, str):
        return value
    if value.startswith("edge:"):
        return f"edge:{payload}{value[5:]}"
    return payload + value


def tagged(frame, payload):
    out = frame.copy()
    for column in ID_COLUMNS & set(frame.columns):
        out[column] = [tag(v, payload) for v in frame[column]]
    return out


def with_hostile_ids(audit, payload):
    """Return the audit with every id of every record tagged."""
    site = replace(audit.site, layers={k: tagged(v, payload) for k, v in audit.site.layers.items()})
    network = replace(
        audit.network,
        **{
            name: tagged(getattr(audit.network, name), payload)
            for name in ("lanes", "stations", "junctions", "mouths")
        },
    )
    findings = tuple(
        replace(
            f,
            **{
                name: tag(getattr(f, name), payload)
                for name in ("finding_id", "lane_id", "owners", "entrance_id", "building_id", "pinch_id")
            },
        )
        for f in audit.findings
    )
    tables = {
        name: tagged(getattr(audit, name), payload) for name in ("lanes", "profile", "pinches", "buildings")
    }
    return replace(audit, site=site, network=network, findings=findings, **tables)
