"""The violations map: the only importer of folium."""
