"""One file per quantity; a measurement never knows a threshold."""
