"""The marking drawing: the only writer of DXF."""
