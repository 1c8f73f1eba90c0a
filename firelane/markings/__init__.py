"""What to paint: edge lines, kerbs, boxes, grids, lettering, quantities, setting-out; no CAD here."""
